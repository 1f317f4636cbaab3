using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine;

/// <summary>One partition of a <see cref="FetchResponse"/>. Disposing gives its segment back; disposing twice is harmless.</summary>
public sealed class FetchedPartition : IDisposable
{
    // A reader of many small answers allocates one of these for each: the name is kept in two fields that leave no gap.
    private readonly string _topic;
    private readonly int _partition;
    private RecordLease? _lease;

    internal FetchedPartition(TopicPartition partition, ErrorCode error, long highWatermark, long lastStableOffset, long logStartOffset, RecordLease? lease)
    {
        _topic = partition.Topic;
        _partition = partition.Partition;
        Error = error;
        HighWatermark = highWatermark;
        LastStableOffset = lastStableOffset;
        LogStartOffset = logStartOffset;
        _lease = lease;
    }

    /// <summary>The partition.</summary>
    public TopicPartition Partition => new(_topic, _partition);

    /// <summary><see cref="ErrorCode.None"/>, or why there are no records.</summary>
    public ErrorCode Error { get; }

    /// <summary>The end of what readers may see: the offset of the next record to come.</summary>
    public long HighWatermark { get; }

    /// <summary>Up to where every transaction is decided: the end for readers of committed records.</summary>
    public long LastStableOffset { get; }

    /// <summary>
    /// The aborted transactions that reach into the records, for readers of committed records; null for those that see everything, and
    /// once it is disposed.
    /// </summary>
    public IReadOnlyList<AbortedTransactionRange>? AbortedTransactions => _lease?.Aborted;

    /// <summary>The first offset that can be read.</summary>
    public long LogStartOffset { get; }

    /// <summary>
    /// Where a reader must go back to whose last record the log does not have; null otherwise. There are no records with it, and no error.
    /// </summary>
    public DivergingEpoch? DivergingEpoch { get; init; }

    /// <summary>Whole record batches in Kafka's v2 format; the first one may begin before the offset asked for.</summary>
    public ReadOnlyMemory<byte> Records => _lease?.Bytes ?? default;

    /// <summary>Whether a partition is still where it was when this was read.</summary>
    internal bool IsAt(TopicPartition partition, long highWatermark, long lastStableOffset, long logStartOffset) =>
        Partition == partition && HighWatermark == highWatermark && LastStableOffset == lastStableOffset && LogStartOffset == logStartOffset;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _lease, null)?.Release();
}
