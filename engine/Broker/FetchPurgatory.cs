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
            if (FindLog(wanted, out ErrorCode missing) is not { } log)
            {
                answers ??= Begin(known!, i);
                answers[i] = new FetchedPartition(wanted.Partition, missing, -1, -1, -1, null);
                hasError = true;
                endsWait |= missing is ErrorCode.UnknownTopicId or ErrorCode.InconsistentTopicId; // The reader must look up the topic again.
                missingCount++;
                continue;
            }

            PartitionRead read = Read(request, wanted, log, bytes);
            bytes += read.Lease?.Bytes.Length ?? 0;
            isEmpty &= read.Lease is null;
            hasError |= read.HasProblem;
            endsWait |= read.HasProblem;
            bool isKnown = read.Lease is null && !read.HasProblem && known is not null
                && known.Partitions[i].IsAt(wanted.Partition, read.HighWatermark, read.LastStableOffset, read.LogStartOffset);
            if (isKnown && answers is null)
            {
                continue;
            }

            answers ??= Begin(known!, i);
            answers[i] = isKnown ? known!.Partitions[i] : new FetchedPartition(wanted.Partition, read.Error, read.HighWatermark, read.LastStableOffset, read.LogStartOffset, read.Lease) { DivergingEpoch = read.Diverging };
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

    /// <summary>Returns the log of a partition; null with an error if it does not exist or is offline.</summary>
    private PartitionLog? FindLog(in FetchPartition wanted, out ErrorCode error)
    {
        error = topics.Find(wanted.Partition, wanted.TopicId, out Topic? topic);
        PartitionLog? log = topic?.Partitions[wanted.Partition.Partition].Log;
        error = log is null && error == ErrorCode.None ? ErrorCode.KafkaStorageError : error;
        return log;
    }

    private PartitionRead Read(FetchRequest request, in FetchPartition wanted, PartitionLog log, long bytesBefore)
    {
        var read = new PartitionRead { Error = log.Epochs.Check(wanted.CurrentLeaderEpoch) };
        if (read.Error == ErrorCode.None && wanted.LastFetchedEpoch >= 0)
        {
            read.Error = log.Epochs.Check(wanted.FetchOffset, wanted.LastFetchedEpoch, out read.Diverging);
        }

        // The first batch of the response is returned whatever its size; the limits apply to
        // the following ones.
        long room = request.MaxBytes - bytesBefore;
        read.LogStartOffset = log.LogStartOffset;
        read.LastStableOffset = log.LastStableOffset; // Read after the start offset and before the end offset, so that it is between them.
        if (!read.HasProblem && (room > 0 || bytesBefore == 0))
        {
            long? stableEnd = request.IsolationLevel == IsolationLevel.ReadCommitted ? read.LastStableOffset : null;
            read.Error = log.Reader.Read(wanted.FetchOffset, (int)Math.Min(wanted.MaxBytes, Math.Max(room, 0)), stableEnd, out read.Lease, out read.HighWatermark);
        }
        else
        {
            read.HighWatermark = log.ReadEnd().Offset;
        }

        if (read.Error == ErrorCode.OffsetOutOfRange)
        {
            read.LogStartOffset = log.LogStartOffset; // It may have moved past the fetch offset since it was read.
        }

        if (read.Error != ErrorCode.None && topics.Find(wanted.Partition, wanted.TopicId, out _) is var deleted and not ErrorCode.None)
        {
            read.Error = deleted; // Deleted in the meantime.
        }

        return read;
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

    /// <summary>What was read of one partition.</summary>
    private struct PartitionRead
    {
        internal ErrorCode Error;
        internal DivergingEpoch? Diverging;
        internal long LogStartOffset;
        internal long LastStableOffset;
        internal long HighWatermark;
        internal RecordLease? Lease;

        internal readonly bool HasProblem => Error != ErrorCode.None || Diverging is not null;
    }
}
