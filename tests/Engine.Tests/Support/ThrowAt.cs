using Zurau.Engine.Log;

namespace Engine.Tests.Support;

/// <summary>
/// Throws OutOfMemoryException when a step is reached, once; threads that then wait for
/// missing appenders do not wait forever.
/// </summary>
internal sealed class ThrowAt(LogPoint point) : LogHooks
{
    private const int MostTurns = 10_000;
    private int _turns;

    internal bool IsArmed { get; set; }

    internal override void At(LogPoint reached, LogSegment? segment = null, int position = 0, int length = 0)
    {
        if (IsArmed && reached == point)
        {
            IsArmed = false;
            throw new OutOfMemoryException($"{point}");
        }
    }

    internal override void Wait(LogPoint reached)
    {
        if (++_turns > MostTurns)
        {
            throw new InvalidOperationException($"{reached} never ends.");
        }
    }
}
