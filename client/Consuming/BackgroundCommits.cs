using Microsoft.Extensions.Logging;
using Zurau.Transport;

namespace Zurau.Consuming;

/// <summary>
/// Commits that the application does not wait for: one after another, in the order in which they were begun. Their callbacks are called
/// in that order too, by the poll, commit or close that finds them done. Not thread-safe.
/// </summary>
internal sealed partial class BackgroundCommits(IConsumerTransport transport, ILogger logger)
{
    private const int MaxRounds = 16;

    // Begun and not reported. Each poll removes those that are done.
    private readonly Queue<Pending> _pending = new();

    // The last one that was begun.
    private Task _last = Task.CompletedTask;

    /// <summary>Begins a commit after the earlier ones.</summary>
    internal void Begin(
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        Action<IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>>, Exception?>? callback)
    {
        _last = CommitAsync(_last, offsets);
        _pending.Enqueue(new Pending(offsets, callback, _last));
    }

    /// <summary>Calls the callbacks of the commits that are done.</summary>
    internal void Report()
    {
        while (_pending.TryPeek(out Pending first) && first.Commit.IsCompleted)
        {
            _pending.Dequeue();
            Exception? failure = first.Commit.Exception?.InnerException;
            if (first.Callback is not null)
            {
                first.Callback(first.Offsets, failure);
            }
            else if (failure is not null)
            {
                LogFailure(logger, failure);
            }
        }
    }

    /// <summary>Waits for all commits, and reports them.</summary>
    internal ValueTask FinishAsync() => _pending.Count == 0 ? default : WaitAsync();

    private async ValueTask WaitAsync()
    {
        // A callback may commit again, but not without end.
        for (int round = 0; _pending.Count > 0 && round < MaxRounds; round++)
        {
            await _last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Report();
        }
    }

    private async Task CommitAsync(Task previous, IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await transport.CommitAsync(offsets, CancellationToken.None).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A background commit failed and is not repeated; a later commit may include its offsets")]
    private static partial void LogFailure(ILogger logger, Exception exception);

    private readonly record struct Pending(
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> Offsets,
        Action<IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>>, Exception?>? Callback,
        Task Commit);
}
