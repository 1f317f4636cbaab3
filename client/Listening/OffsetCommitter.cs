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

    /// <summary>Whether a commit is waited for before the next record is handled: each record is committed.</summary>
    private readonly bool _isAwaited = settings.AckMode is AckMode.Record or AckMode.ManualImmediate;

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

    /// <summary>The last commit that was begun in the background; it never fails. Only the loop touches it.</summary>
    private Task _background = Task.CompletedTask;

    /// <summary>True after a background commit failed with an error that may pass. Written by its end, cleared by the loop.</summary>
    private bool _mustRetry;

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
    /// Commits every partition that has something new, after a commit in the background. A failure is logged and not lost: the position
    /// stays to be committed with the next one, and after a restart the records come again.
    /// </summary>
    public async ValueTask CommitAsync()
    {
        await _background.ConfigureAwait(false);
        Volatile.Write(ref _mustRetry, false);
        Interlocked.Exchange(ref _isRequested, 0);
        List<TaskCompletionSource>? waiters = TakeWaiters();
        try
        {
            if (TakeNew() is { } commit)
            {
                await CommitAsync(commit).ConfigureAwait(false);
            }
        }
        finally
        {
            waiters?.ForEach(waiter => waiter.TrySetResult());
        }
    }

    /// <summary>
    /// Commits at the end of a poll. Unless each record is committed, only the previous poll's commit is waited for: the records of two
    /// polls at most are handled and not committed.
    /// </summary>
    public async ValueTask CommitPollAsync()
    {
        await _background.ConfigureAwait(false);
        if (_isAwaited || Volatile.Read(ref _mustRetry))
        {
            await CommitAsync().ConfigureAwait(false);
            return;
        }

        Interlocked.Exchange(ref _isRequested, 0);
        BeginInBackground();
    }

    /// <summary>
    /// Commits what is done when a record has failed. Unless each record is committed, it waits for nothing and does nothing while a commit
    /// is in the background: the commit of the poll follows.
    /// </summary>
    public ValueTask CommitProgressAsync()
    {
        if (_isAwaited)
        {
            return CommitAsync();
        }

        if (_background.IsCompleted && !Volatile.Read(ref _mustRetry))
        {
            BeginInBackground();
        }

        return default;
    }

    /// <summary>Commits where a group begins that has committed nothing yet.</summary>
    public async ValueTask CommitStartAsync(List<KeyValuePair<TopicPartition, OffsetAndMetadata>> positions)
    {
        await _background.ConfigureAwait(false);
        await CommitAsync(new NewPositions(positions, [.. positions.Select(position => _trackers.GetValueOrDefault(position.Key))])).ConfigureAwait(false);
    }

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

    private NewPositions? TakeNew()
    {
        NewPositions? commit = null;
        foreach ((TopicPartition partition, OffsetTracker tracker) in _trackers)
        {
            if (tracker.TryGetCommit(out OffsetAndMetadata position))
            {
                commit ??= new NewPositions([], []);
                commit.Positions.Add(new(partition, position));
                commit.Trackers.Add(tracker);
            }
        }

        return commit;
    }

    private async ValueTask CommitAsync(NewPositions commit)
    {
        // Bounded by MaxRetries.
        for (int retry = 0; !await TryCommitAsync(commit, mayRetry: retry < MaxRetries).ConfigureAwait(false); retry++)
        {
        }
    }

    private void BeginInBackground()
    {
        if (TakeNew() is { } commit)
        {
            _background = CommitInBackgroundAsync(commit);
        }
    }

    /// <summary>Its continuation is not the loop: the loop itself tries again.</summary>
    private async Task CommitInBackgroundAsync(NewPositions commit)
    {
        if (!await TryCommitAsync(commit, mayRetry: true).ConfigureAwait(false))
        {
            Volatile.Write(ref _mustRetry, true);
            RequestCommit();
        }
    }

    /// <summary>Commits once; false if it failed and should be tried again.</summary>
    private async ValueTask<bool> TryCommitAsync(NewPositions commit, bool mayRetry)
    {
        try
        {
            await consumer.CommitAsync(commit.Positions, CancellationToken.None).ConfigureAwait(false);
            for (int i = 0; i < commit.Positions.Count; i++)
            {
                commit.Trackers[i]?.Committed(commit.Positions[i].Value.Offset);
            }

            return true;
        }
        catch (KafkaException e) when (e.IsRetriable && mayRetry)
        {
            ListenerLog.CommitRetried(logger, e, settings.Id);
            return false;
        }
        catch (KafkaException e)
        {
            ListenerLog.CommitFailed(logger, e, settings.Id, string.Join(", ", commit.Positions.Select(p => $"{p.Key}@{p.Value.Offset}")));
            return true;
        }
    }

    /// <summary>Positions to commit, and the tracker of each.</summary>
    private sealed record NewPositions(List<KeyValuePair<TopicPartition, OffsetAndMetadata>> Positions, List<OffsetTracker?> Trackers);
}
