using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Zurau.Transport;

namespace Zurau.Listening;

/// <summary>
/// Commits what the trackers of a listener's partitions allow. The listener's loop owns the consumer and does every commit; an
/// acknowledgment from elsewhere asks for one and wakes it. <see cref="Acknowledged"/> and <see cref="AcknowledgedAsync"/> may be called
/// from any thread, everything else by the loop only.
/// </summary>
internal sealed class OffsetCommitter(IConsumerTransport consumer, ListenerSettings settings, ILogger logger)
{
    /// <summary>Tries after the first one for an error that may pass, as in Spring (<c>commitRetries</c>).</summary>
    private const int MaxRetries = 3;

    private readonly bool _isImmediate = settings.AckMode == AckMode.ManualImmediate;

    private readonly ConcurrentQueue<TaskCompletionSource> _waiters = new();

    /// <summary>Partitions of the assignment; only the loop touches it.</summary>
    private readonly Dictionary<TopicPartition, OffsetTracker> _trackers = [];

    /// <summary>1 when somebody asked for a commit. Written by acknowledgers, taken by the loop; a full fence on both sides.</summary>
    private int _isRequested;

    /// <summary>1 while the loop waits in the transport. Written by the loop, then it looks at <see cref="_isRequested"/>.</summary>
    private int _isPolling;

    /// <summary>The thread that is in the synchronous part of a handler; 0 when none is. Written by the loop.</summary>
    private int _handlerThreadId;

    /// <summary>What the loop waits on beside a handler that is under way; null when it does not. Written by the loop.</summary>
    private TaskCompletionSource? _request;

    /// <summary>A commit that a handler began on the loop's own thread; the loop finishes it before it uses the consumer.</summary>
    private Task? _begun;

    /// <summary>Written once by the loop at its end.</summary>
    private bool _isClosed;

    /// <summary>Whether an acknowledgment has asked for a commit since the last one.</summary>
    public bool IsRequested => Volatile.Read(ref _isRequested) != 0;

    /// <summary>Begins to track an assigned partition.</summary>
    public OffsetTracker Assign(TopicPartition partition)
    {
        var tracker = new OffsetTracker();
        _trackers[partition] = tracker;
        return tracker;
    }

    /// <summary>Ends the tracking of a partition; acknowledgments of its records are ignored from now on.</summary>
    public void Revoke(TopicPartition partition)
    {
        if (_trackers.Remove(partition, out OffsetTracker? tracker))
        {
            tracker.Close();
        }
    }

    /// <summary>Hears that a handler acknowledged a record.</summary>
    public void Acknowledged()
    {
        if (IsHandlerThread)
        {
            if (_isImmediate)
            {
                // The loop is below on this very stack and waits for the handler, so the consumer is free.
                BeginCommit().GetAwaiter().GetResult();
            }

            return;
        }

        RequestCommit();
    }

    /// <summary>Hears that a handler acknowledged a record and wants to know when the commit that follows was tried.</summary>
    public ValueTask AcknowledgedAsync(CancellationToken cancellationToken)
    {
        if (!_isImmediate)
        {
            Acknowledged();
            return default;
        }

        if (IsHandlerThread)
        {
            return new ValueTask(BeginCommit());
        }

        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiters.Enqueue(waiter);
        RequestCommit();
        if (Volatile.Read(ref _isClosed))
        {
            waiter.TrySetResult();
        }

        return new ValueTask(waiter.Task.WaitAsync(cancellationToken));
    }

    /// <summary>Says that the loop is about to wait for records; false when a commit is asked for and it should not.</summary>
    public bool BeginPoll()
    {
        Interlocked.Exchange(ref _isPolling, 1);
        return !IsRequested;
    }

    /// <summary>Says that the loop is back.</summary>
    public void EndPoll() => Volatile.Write(ref _isPolling, 0);

    /// <summary>Calls a handler and waits until it is through, committing meanwhile what it acknowledges for immediate commit.</summary>
    public async ValueTask RunAsync(ListenerInvoker handler, ListenerInvocation invocation)
    {
        ValueTask running;
        Volatile.Write(ref _handlerThreadId, Environment.CurrentManagedThreadId);
        try
        {
            running = handler(invocation);
        }
        finally
        {
            Volatile.Write(ref _handlerThreadId, 0);
            if (_begun is not null)
            {
                await FinishBegunAsync().ConfigureAwait(false);
            }
        }

        if (running.IsCompleted || !_isImmediate)
        {
            await running.ConfigureAwait(false);
            return;
        }

        Task task = running.AsTask();
        while (!task.IsCompleted)
        {
            var request = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Exchange(ref _request, request);
            if (!IsRequested)
            {
                await Task.WhenAny(task, request.Task).ConfigureAwait(false);
            }

            if (IsRequested)
            {
                await CommitAsync().ConfigureAwait(false);
            }
        }

        Interlocked.Exchange(ref _request, null);
        await task.ConfigureAwait(false);
    }

    /// <summary>
    /// Commits every partition that has something new. A failure is logged and not lost: the position stays to be committed with the next
    /// one, and after a restart the records come again.
    /// </summary>
    public async ValueTask CommitAsync()
    {
        Interlocked.Exchange(ref _isRequested, 0);
        List<TaskCompletionSource>? waiters = TakeWaiters();
        List<KeyValuePair<TopicPartition, OffsetAndMetadata>>? positions = null;
        foreach ((TopicPartition partition, OffsetTracker tracker) in _trackers)
        {
            if (tracker.TryGetCommit(out OffsetAndMetadata position))
            {
                (positions ??= []).Add(new(partition, position));
            }
        }

        try
        {
            if (positions is not null)
            {
                await CommitAsync(positions).ConfigureAwait(false);
            }
        }
        finally
        {
            waiters?.ForEach(waiter => waiter.TrySetResult());
        }
    }

    /// <summary>Commits where a group begins that has committed nothing yet.</summary>
    public async ValueTask CommitStartAsync(List<KeyValuePair<TopicPartition, OffsetAndMetadata>> positions) =>
        await CommitAsync(positions).ConfigureAwait(false);

    /// <summary>Ends every tracking and lets nobody wait: there are no more commits.</summary>
    public void Close()
    {
        foreach (OffsetTracker tracker in _trackers.Values)
        {
            tracker.Close();
        }

        _trackers.Clear();
        // Written before the waiters are taken; who waits looks at it after joining them.
        Interlocked.Exchange(ref _isClosed, true);
        TakeWaiters()?.ForEach(waiter => waiter.TrySetResult());
    }

    private bool IsHandlerThread => Volatile.Read(ref _handlerThreadId) == Environment.CurrentManagedThreadId;

    private void RequestCommit()
    {
        // Written with a full fence, then the loop's two waits are looked at; the loop writes them and then looks at the request.
        Interlocked.Exchange(ref _isRequested, 1);
        Volatile.Read(ref _request)?.TrySetResult();
        if (Volatile.Read(ref _isPolling) != 0)
        {
            consumer.Wakeup();
        }
    }

    private Task BeginCommit()
    {
        Task commit = CommitAfterAsync(_begun);
        _begun = commit;
        return commit;
    }

    private async Task CommitAfterAsync(Task? previous)
    {
        if (previous is not null)
        {
            await previous.ConfigureAwait(false);
        }

        await CommitAsync().ConfigureAwait(false);
    }

    private async ValueTask FinishBegunAsync()
    {
        await _begun!.ConfigureAwait(false);
        _begun = null;
    }

    private List<TaskCompletionSource>? TakeWaiters()
    {
        List<TaskCompletionSource>? waiters = null;
        while (_waiters.TryDequeue(out TaskCompletionSource? waiter))
        {
            (waiters ??= []).Add(waiter);
        }

        return waiters;
    }

    private async ValueTask CommitAsync(List<KeyValuePair<TopicPartition, OffsetAndMetadata>> positions)
    {
        for (int retry = 0; ; retry++)
        {
            try
            {
                await consumer.CommitAsync(positions, CancellationToken.None).ConfigureAwait(false);
                foreach ((TopicPartition partition, OffsetAndMetadata position) in positions)
                {
                    _trackers.GetValueOrDefault(partition)?.Committed(position.Offset);
                }

                return;
            }
            catch (KafkaException e) when (e.IsRetriable && retry < MaxRetries)
            {
                ListenerLog.CommitRetried(logger, e, settings.Id);
            }
            catch (KafkaException e)
            {
                ListenerLog.CommitFailed(logger, e, settings.Id, string.Join(", ", positions.Select(p => $"{p.Key}@{p.Value.Offset}")));
                return;
            }
        }
    }
}
