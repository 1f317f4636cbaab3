using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>
/// A request that waits for other members. It needs no thread, and is answered once,
/// outside of locks.
/// </summary>
internal sealed class ParkedRequest<T>(LogHooks? hooks)
    where T : class
{
    private readonly Completion _completion = new(hooks);
    private T? _answer;

    internal async ValueTask<T> WaitAsync()
    {
        (await _completion.Task.ConfigureAwait(false)).IgnoreBecause("the answer contains the error");
        return _answer!;
    }

    internal void Answer(T answer)
    {
        _answer = answer;
        _completion.Complete(ErrorCode.None);
    }
}
