using System.Buffers.Binary;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// Decides by Kafka's rules which records of a batch are kept, and writes the batch: unchanged,
/// with fewer records, without records, or not at all. Base and last offset, producer and
/// sequence never change, so that offsets and the producers' state are kept. Not thread-safe.
/// </summary>
/// <param name="map">The last offset of each key in the range that is being cleaned.</param>
/// <param name="transactions">The transactions that this pass has read.</param>
/// <param name="producers">The producers at the log's end: the last batch of each is kept,
/// empty if necessary.</param>
/// <param name="upperBound">The end of this pass's range; the batch before it is kept, empty if
/// necessary, so that the end is not lost.</param>
/// <param name="nowMs">The time when the pass began.</param>
/// <param name="settings">The log's settings.</param>
internal sealed class BatchCleaner(
    OffsetMap map,
    CleanedTransactions transactions,
    IReadOnlyDictionary<long, LoggedProducer> producers,
    long upperBound,
    long nowMs,
    LogSettings settings) : IDisposable
{
    private const int NoHorizon = -1;
    private readonly KeyedRecords _records = new();
    private readonly BatchRewriter _rewriter = new();

    /// <summary>The number of records read.</summary>
    internal long RecordsRead { get; private set; }

    /// <summary>The number of records kept.</summary>
    internal long RecordsKept { get; private set; }

    /// <summary>Writes what is kept of a batch.</summary>
    /// <exception cref="InvalidRecordException">Its records cannot be read.</exception>
    internal void Clean(RecordBatchView batch, CleanedSegment destination)
    {
        bool isMarker = batch.IsControl;
        bool isEmptyTransaction = false;
        bool dropsRecords;
        if (isMarker)
        {
            isEmptyTransaction = transactions.IsWithoutData(batch, out AbortedTransaction? aborted);
            if (aborted is not null)
            {
                destination.Append(aborted.Value);
            }

            dropsRecords = isEmptyTransaction && HorizonOf(batch) is >= 0 and long horizon && horizon <= nowMs;
        }
        else
        {
            dropsRecords = transactions.IsAborted(batch);
        }

        RecordsRead += batch.RecordsCount;
        bool staysEmpty = IsLastOfProducer(batch) || batch.LastOffset + 1 == upperBound;
        if (dropsRecords)
        {
            if (staysEmpty)
            {
                AppendEmpty(batch, destination);
            }

            return;
        }

        Filter(batch, isMarker, isEmptyTransaction, staysEmpty, destination);
    }

    public void Dispose() => _rewriter.Dispose();

    private static long HorizonOf(RecordBatchView batch) => (batch.Attributes & BatchAttributes.HasDeleteHorizon) != 0 ? batch.BaseTimestamp : NoHorizon;

    private bool IsLastOfProducer(RecordBatchView batch) =>
        batch.ProducerId >= 0
        && producers.TryGetValue(batch.ProducerId, out LoggedProducer last)
        && (last.LastOffset >= 0 ? batch.LastOffset == last.LastOffset : batch.IsControl && batch.ProducerEpoch == last.Epoch);

    private void Filter(RecordBatchView batch, bool isMarker, bool isEmptyTransaction, bool staysEmpty, CleanedSegment destination)
    {
        using DecompressedRecords decompressed = batch.Decompress();
        ReadOnlySpan<byte> all = decompressed.BytesOf(batch);
        RecordReader records = batch.Records(decompressed);
        long horizon = HorizonOf(batch);
        bool tombstonesStay = horizon < 0 || nowMs < horizon;
        bool hasTombstone = false;
        int kept = 0;
        int end = 0;
        int runStart = 0; // Adjacent kept records are copied together, and only if a record of the batch is removed.
        long maxTimestamp = -1;
        _rewriter.Begin(all.Length);
        while (_records.Read(ref records, map))
        {
            foreach (ref readonly KeyedRecords.Entry record in _records.Entries)
            {
                int start = end;
                end = record.EndPosition;
                if (isMarker || Stays(record, tombstonesStay))
                {
                    kept++;
                    hasTombstone |= !record.HasValue;
                    maxTimestamp = Math.Max(maxTimestamp, record.Timestamp);
                    continue;
                }

                _rewriter.Keep(all[runStart..start]);
                runStart = end;
            }
        }

        RecordsKept += kept;
        bool setsHorizon = horizon < 0 && (hasTombstone || isEmptyTransaction);
        if (kept == 0)
        {
            if (staysEmpty)
            {
                AppendEmpty(batch, destination);
            }
        }
        else if (kept == batch.RecordsCount && !setsHorizon)
        {
            destination.Append(batch.Bytes);
        }
        else
        {
            _rewriter.Keep(all[runStart..]);
            long appendTime = batch.TimestampType == TimestampType.LogAppendTime ? batch.MaxTimestamp : -1;
            maxTimestamp = appendTime >= 0 ? appendTime : maxTimestamp;
            destination.Append(setsHorizon
                ? _rewriter.FinishWithHorizon(batch, kept, maxTimestamp, HorizonFromNow(), appendTime)
                : _rewriter.Finish(batch, kept, maxTimestamp));
        }
    }

    private long HorizonFromNow() => settings.DeleteRetentionMs > long.MaxValue - nowMs ? long.MaxValue : nowMs + settings.DeleteRetentionMs;

    private bool Stays(in KeyedRecords.Entry record, bool tombstonesStay)
    {
        if (record.Offset > map.LatestOffset)
        {
            return true;
        }

        // Kafka rejects records without a key in a compacted topic; one that exists anyway is
        // not the last value of any key.
        return record.HasKey && record.Offset >= map.Get(record.Hash) && (record.HasValue || tombstonesStay);
    }

    private static void AppendEmpty(RecordBatchView batch, CleanedSegment destination)
    {
        Span<byte> empty = stackalloc byte[BatchLayout.HeaderSize];
        batch.Bytes[..BatchLayout.HeaderSize].CopyTo(empty);
        const BatchAttributes Kept = BatchAttributes.LogAppendTime | BatchAttributes.Transactional | BatchAttributes.Control;
        BinaryPrimitives.WriteInt16BigEndian(empty[BatchLayout.Attributes..], (short)(batch.Attributes & Kept));
        BinaryPrimitives.WriteInt64BigEndian(empty[BatchLayout.BaseTimestamp..], -1);
        BinaryPrimitives.WriteInt32BigEndian(empty[BatchLayout.RecordsCount..], 0);
        BinaryPrimitives.WriteInt32BigEndian(empty[BatchLayout.BatchLength..], BatchLayout.HeaderSize - BatchLayout.LogOverhead);
        BinaryPrimitives.WriteUInt32BigEndian(empty[BatchLayout.Crc..], Crc32C.Compute(empty[BatchLayout.Attributes..]));
        destination.Append(empty);
    }
}
