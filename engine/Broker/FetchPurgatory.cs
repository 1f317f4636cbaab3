using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine;

/// <summary>
/// Answers fetches. A fetch without enough records waits until it is satisfied, expires
/// or is cancelled.
/// </summary>
internal sealed class FetchPurgatory(TopicRegistry topics, TimeProvider time, LogHooks? hooks)
{
    /// <summary>Returns an error for every partition of a request.</summary>
    internal static FetchResponse Refuse(FetchRequest request, ErrorCode error) =>
        new([.. request.Partitions.Select(partition => new FetchedPartition(partition.Partition, error, -1, -1, -1, null))]);

    internal async ValueTask<FetchResponse> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (true) // Ends when there is enough, or when max.wait.ms is over.
        {
            FetchResponse response = Read(request, out long bytes, out bool endsWait);
            int waitMs = request.MaxWaitMs - (int)Math.Min(request.MaxWaitMs, time.GetElapsedTime(start).TotalMilliseconds);
            if (bytes >= request.MinBytes || endsWait || waitMs <= 0 || cancellationToken.IsCancellationRequested)
            {
                return response;
            }

            var completion = new Completion(hooks);
            foreach (FetchedPartition partition in response.Partitions)
            {
                // Any record above the seen offset ends the wait; reading again decides whether there
                // are enough.
                bool isCommitted = request.IsolationLevel == IsolationLevel.ReadCommitted;
                long seen = isCommitted ? partition.LastStableOffset : partition.HighWatermark;
                topics.Find(partition.Partition)?.AddWaiter(new OffsetWaiter(completion, seen + 1), request.IsolationLevel);
            }

            response.Dispose();
            using ITimer timer = time.CreateTimer(
                static state => ((Completion)state!).Complete(ErrorCode.RequestTimedOut),
                completion,
                TimeSpan.FromMilliseconds(waitMs),
                Timeout.InfiniteTimeSpan);
            using CancellationTokenRegistration cancellation = cancellationToken.UnsafeRegister(
                static state => ((Completion)state!).Complete(ErrorCode.RequestTimedOut),
                completion);
            if (await completion.Task.ConfigureAwait(false) != ErrorCode.None)
            {
                return Read(request, out _, out _); // Expired, cancelled, or a log is being closed.
            }
        }
    }

    /// <param name="request">The request.</param>
    /// <param name="bytes">Bytes of records in the response.</param>
    /// <param name="endsWait">True for an error or a diverging epoch that the reader must
    /// handle. A partition that does not exist or is offline does not end the wait for
    /// other partitions, because an immediate retry would not help; without other
    /// partitions there is nothing to wait for.</param>
    private FetchResponse Read(FetchRequest request, out long bytes, out bool endsWait)
    {
        bytes = 0;
        endsWait = false;
        bool hasError = false;
        int missingCount = 0;
        bool isEmpty = true;
        FetchResponse? known = request.LastEmpty is { } last && last.Partitions.Count == request.Partitions.Count ? last : null;
        FetchedPartition[]? answers = known is null ? new FetchedPartition[request.Partitions.Count] : null;
        for (int i = 0; i < request.Partitions.Count; i++)
        {
            FetchPartition wanted = request.Partitions[i];
            ErrorCode missing = topics.Find(wanted.Partition, wanted.TopicId, out Topic? topic);
            PartitionLog? log = topic?.Partitions[wanted.Partition.Partition].Log;
            if (log is null)
            {
                missing = missing == ErrorCode.None ? ErrorCode.KafkaStorageError : missing; // Offline.
                answers ??= Begin(known!, i);
                answers[i] = new FetchedPartition(wanted.Partition, missing, -1, -1, -1, null);
                hasError = true;
                endsWait |= missing is ErrorCode.UnknownTopicId or ErrorCode.InconsistentTopicId; // The reader must look up the topic again.
                missingCount++;
                continue;
            }

            // The first batch of the response is returned whatever its size; the limits apply to
            // the following ones.
            long room = request.MaxBytes - bytes;
            RecordLease? lease = null;
            ErrorCode error = log.Epochs.Check(wanted.CurrentLeaderEpoch);
            DivergingEpoch? diverging = null;
            if (error == ErrorCode.None && wanted.LastFetchedEpoch >= 0)
            {
                error = log.Epochs.Check(wanted.FetchOffset, wanted.LastFetchedEpoch, out diverging);
            }

            long logStartOffset = log.LogStartOffset;
            long lastStableOffset = log.LastStableOffset; // Read after the start offset and before the end offset, so that it is between them.
            long highWatermark;
            if (error == ErrorCode.None && diverging is null && (room > 0 || bytes == 0))
            {
                error = log.Reader.Read(wanted.FetchOffset, (int)Math.Min(wanted.MaxBytes, Math.Max(room, 0)), request.IsolationLevel == IsolationLevel.ReadCommitted ? lastStableOffset : null, out lease, out highWatermark);
            }
            else
            {
                highWatermark = log.ReadEnd().Offset;
            }

            if (error != ErrorCode.None && topics.Find(wanted.Partition, wanted.TopicId, out topic) is var deleted and not ErrorCode.None)
            {
                error = deleted; // Deleted in the meantime.
            }

            bytes += lease?.Bytes.Length ?? 0;
            isEmpty &= lease is null;
            bool hasProblem = error != ErrorCode.None || diverging is not null;
            hasError |= hasProblem;
            endsWait |= hasProblem;
            bool isKnown = lease is null && !hasProblem && known is not null
                && known.Partitions[i].IsAt(wanted.Partition, highWatermark, lastStableOffset, logStartOffset);
            if (isKnown && answers is null)
            {
                continue;
            }

            answers ??= Begin(known!, i);
            answers[i] = isKnown ? known!.Partitions[i] : new FetchedPartition(wanted.Partition, error, highWatermark, lastStableOffset, logStartOffset, lease) { DivergingEpoch = diverging };
        }

        endsWait |= missingCount > 0 && missingCount == request.Partitions.Count;
        if (answers is null)
        {
            return known!;
        }

        var response = new FetchResponse(answers);
        if (isEmpty && !hasError)
        {
            request.LastEmpty = response;
        }

        return response;
    }

    // Copies the unchanged partitions before the first changed one.
    private static FetchedPartition[] Begin(FetchResponse known, int count)
    {
        var answers = new FetchedPartition[known.Partitions.Count];
        for (int i = 0; i < count; i++)
        {
            answers[i] = known.Partitions[i];
        }

        return answers;
    }
}
