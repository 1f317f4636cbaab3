using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine;

/// <summary>
/// One partition of a <see cref="FetchResponse"/>. Disposing releases its segment and
/// may be repeated.
/// </summary>
public sealed class FetchedPartition : IDisposable
{
    // Readers of many small responses allocate one instance for each: two fields for the
    // name avoid padding.
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

    /// <summary>Gets the high watermark: the exclusive end of the readable records.</summary>
    public long HighWatermark { get; }

    /// <summary>
    /// Gets the last stable offset: the exclusive end for read_committed readers.
    /// </summary>
    public long LastStableOffset { get; }

    /// <summary>
    /// Gets the aborted transactions that overlap the records, for read_committed readers;
    /// null for read_uncommitted readers and after disposal.
    /// </summary>
    public IReadOnlyList<AbortedTransactionRange>? AbortedTransactions => _lease?.Aborted;

    /// <summary>The first offset that can be read.</summary>
    public long LogStartOffset { get; }

    /// <summary>
    /// Gets the offset to truncate to if the log does not have the reader's last record;
    /// null otherwise. Then there are no records and no error.
    /// </summary>
    public DivergingEpoch? DivergingEpoch { get; init; }

    /// <summary>
    /// Gets whole record batches in Kafka's v2 format; the first one may begin before the
    /// requested offset.
    /// </summary>
    public ReadOnlyMemory<byte> Records => _lease?.Bytes ?? default;

    /// <summary>
    /// Returns whether a partition's offsets are unchanged since this was read.
    /// </summary>
    internal bool IsAt(TopicPartition partition, long highWatermark, long lastStableOffset, long logStartOffset) =>
        Partition == partition && HighWatermark == highWatermark && LastStableOffset == lastStableOffset && LogStartOffset == logStartOffset;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _lease, null)?.Release();
}
