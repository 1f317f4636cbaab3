using System.Threading.Tasks.Sources;
using Microsoft.Extensions.ObjectPool;

namespace Zurau.Producing;

/// <summary>
/// The result of one awaited send, pooled: it goes back when the result is taken. Continuations are queued to the thread pool, never
/// run by the thread that appends.
/// </summary>
internal sealed class PendingSend : IValueTaskSource<RecordMetadata>
{
    private static readonly ObjectPool<PendingSend> s_pool = new DefaultObjectPool<PendingSend>(new Policy(), maximumRetained: 1024);

    private ManualResetValueTaskSourceCore<RecordMetadata> _core = new() { RunContinuationsAsynchronously = true };

    internal static PendingSend Rent() => s_pool.Get();

    internal ValueTask<RecordMetadata> AsValueTask() => new(this, _core.Version);

    internal void SetResult(RecordMetadata metadata) => _core.SetResult(metadata);

    internal void SetException(Exception exception) => _core.SetException(exception);

    RecordMetadata IValueTaskSource<RecordMetadata>.GetResult(short token)
    {
        // A result that is asked for twice or too early throws here, before the finally below could pool the source a second time.
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The send has not completed; await it.");
        }

        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            s_pool.Return(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<RecordMetadata>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<RecordMetadata>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private sealed class Policy : PooledObjectPolicy<PendingSend>
    {
        public override PendingSend Create() => new();

        public override bool Return(PendingSend obj) => true;
    }
}
