using Zurau.Engine.Log;

namespace Engine.Tests.Support;

/// <summary>
/// Does what a test wants when a step of the engine is reached next, once, on the
/// thread that reaches it.
/// </summary>
internal sealed class CallingHooks : InlineHooks
{
    private LogPoint _point;
    private Action? _call;

    internal void OnNext(LogPoint point, Action call) => (_point, _call) = (point, call);

    internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
    {
        if (point == _point && _call is { } call)
        {
            _call = null;
            call();
        }
    }
}
