using System.Buffers.Binary;
using System.Text;
using Engine.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log.Cleaning;

/// <summary>
/// A compacted log in memory whose segments a test writes batch by batch, transactions
/// and their markers included, as a broker would have written them. It is opened when
/// the first batch is asked for.
/// </summary>
internal sealed class KeyedLog : IDisposable
{
    internal const string Directory = "orders-0";
    private readonly Dictionary<long, int> _sequences = [];
    private readonly List<byte> _segment = [];
    private long _segmentBase;
    private bool _isWritten; // The last segment is a file, and what is there counts.
    private int _epoch; // Of the last open; later batches have it, as a broker would give them.
    private PartitionLog? _log;

    internal KeyedLog(LogSettings? settings = null)
    {
        Settings = settings ?? new LogSettings { DeleteRetentionMs = 1000 };
        Settings = Settings with { IsCompacted = true, HasDeletePolicy = false };
        Storage.CreateDirectory(Directory);
    }

    internal MemoryStorage Storage { get; } = new();

    /// <summary>What stands between the log and the storage, from its next opening on.</summary>
    internal IStorage? Between { get; set; }

    internal LogSettings Settings { get; set; }

    internal long NextOffset { get; private set; }

    internal PartitionLog Log => _log ??= Open();

    /// <summary>Adds a batch of puts and, where the value is null, tombstones.</summary>
    internal KeyedLog Put(params (string? Key, string? Value)[] records) => Put(-1, false, records);

    internal KeyedLog Put(long producerId, bool isTransactional, params (string? Key, string? Value)[] records)
    {
        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + records.Sum(static record => 64 + ((record.Key?.Length ?? 0) * 3) + ((record.Value?.Length ?? 0) * 3))]);
        foreach ((string? key, string? value) in records)
        {
            builder.Append(1_000 + NextOffset + builder.Count, Bytes(key), key is null, Bytes(value), value is null, new Headers().Add("h", value is null ? null : Encoding.UTF8.GetBytes(value)));
        }

        byte[] batch = builder.Build(isTransactional ? BatchAttributes.Transactional : BatchAttributes.None).ToArray();
        return Add(batch, producerId, producerId < 0 ? -1 : NextSequence(producerId, records.Length), records.Length);
    }

    /// <summary>Ends a producer's transaction.</summary>
    internal KeyedLog End(long producerId, bool isCommit)
    {
        var builder = new RecordBatchBuilder(new byte[128]);
        builder.Append(1_000 + NextOffset, [0, 0, 0, isCommit ? (byte)1 : (byte)0], false, [0, 0, 0, 0, 0, 0], false);
        return Add(builder.Build(BatchAttributes.Transactional | BatchAttributes.Control).ToArray(), producerId, -1, 1);
    }

    /// <summary>Takes a batch as it is and gives it the next offsets.</summary>
    internal KeyedLog Add(byte[] batch, long producerId, int sequence, int count)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch, NextOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.PartitionLeaderEpoch), _epoch);
        Support.Batches.WithProducer(batch, producerId, producerId < 0 ? (short)-1 : (short)0, sequence);
        _segment.AddRange(batch);
        NextOffset += count;
        return this;
    }

    /// <summary>
    /// Ends the segment; the next batch begins another one, some offsets later where gaps
    /// are asked for.
    /// </summary>
    internal KeyedLog Roll(long gap = 0)
    {
        Write(_segment);
        NextOffset += _segment.Count == Settings.SegmentBytes ? 0 : gap; // A gap after a file of exactly that size would be a lost tail.
        _segment.Clear();
        _segmentBase = NextOffset;
        return this;
    }

    /// <summary>
    /// Closes the log and reopens it; after a crash, all of it is read again.
    /// </summary>
    internal KeyedLog Reopen(bool isClean = true)
    {
        PartitionLog log = Log;
        long cleaned = log.Upkeep.CleanedOffset;
        if (isClean)
        {
            Assert.True(log.Close().IsOk);
        }

        log.Release();
        _log = Open(new RecoveryInputs(isClean, log.RecoveryPoint, CleanedOffset: cleaned));
        return this;
    }

    /// <summary>
    /// Closes the log so that more batches can be appended to its files; the active segment
    /// stays the last one.
    /// </summary>
    internal KeyedLog Continue()
    {
        PartitionLog log = Log;
        Assert.True(log.Close().IsOk);
        CleanedOffset = log.Upkeep.CleanedOffset;
        _isWritten = false;
        _segment.Clear();
        LogSegment last = log.Segments[^1];
        _segmentBase = last.BaseOffset;
        Storage.Open(last.Path, FileOpening.Existing, out IStorageFile? file);
        using (file)
        {
            byte[] bytes = new byte[SegmentWord.Position(last.Published)];
            file!.Read(0, bytes, out _);
            _segment.AddRange(bytes);
        }

        // Outdated for later batches: a broker rewrites them before it flushes the next segment.
        foreach (string suffix in (string[])[LogFiles.OffsetIndexSuffix, LogFiles.TimeIndexSuffix, LogFiles.TransactionIndexSuffix])
        {
            _ = Storage.Delete($"{Directory}/{LogFiles.Of(_segmentBase, suffix)}");
        }

        log.Release();
        _log = null;
        return this;
    }

    /// <summary>The log's checkpointed offset when it is first opened.</summary>
    internal long? CleanedOffset { get; set; } = 0;

    /// <summary>The log's checkpointed offset when it is first opened.</summary>
    internal long RecoveryPoint { get; set; }

    /// <summary>Whether batches were written since the last segment ended.</summary>
    internal bool HasUnrolled => _segment.Count > 0;

    /// <summary>
    /// Offset, key and value of what is there; markers as <c>commit</c> and <c>abort</c>
    /// without a key.
    /// </summary>
    internal List<(long Offset, string? Key, string? Value)> Read(long from = 0) => [.. Batches(from).SelectMany(Records).Where(record => record.Offset >= from)];

    /// <summary>
    /// The last value of each key as a reader sees it who reads from an offset on and
    /// leaves aborted records out.
    /// </summary>
    internal Dictionary<string, string> LastValues(long from = 0)
    {
        var values = new Dictionary<string, string>();
        foreach ((string key, string? value) in Committed(from, long.MaxValue))
        {
            values.Remove(key);
            if (value is not null)
            {
                values[key] = value;
            }
        }

        return values;
    }

    /// <summary>
    /// Keys and values of a range in the order of offsets, without those of aborted
    /// transactions.
    /// </summary>
    internal IEnumerable<(string Key, string? Value)> Committed(long from, long end)
    {
        AbortedTransaction[] aborted = [.. Log.Segments.SelectMany(static segment => segment.Transactions.Entries.ToArray())];
        return Batches(from).Where(IsDelivered).SelectMany(Records).Where(record => record.Offset >= from && record.Offset < end && record.Key is not null).Select(static record => (record.Key!, record.Value));

        bool IsDelivered(byte[] bytes)
        {
            RecordBatchView.TryRead(bytes, out RecordBatchView batch);
            long producer = batch.ProducerId;
            (long first, long last) = (batch.BaseOffset, batch.LastOffset);
            return !batch.IsControl && !(batch.IsTransactional && Array.Exists(aborted, entry => entry.ProducerId == producer && entry.FirstOffset <= first && last < entry.LastOffset));
        }
    }

    internal List<byte[]> Batches(long from = 0)
    {
        var batches = new List<byte[]>();
        long offset = Math.Max(from, Log.LogStartOffset);
        while (Log.Reader.Read(offset, 1 << 20, null, out RecordLease? lease, out _) == ErrorCode.None && lease is not null)
        {
            ReadOnlySpan<byte> bytes = lease.Bytes.Span;
            while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
            {
                Assert.True(batch.IsCrcValid());
                batches.Add(batch.Bytes.ToArray());
                offset = batch.LastOffset + 1;
                bytes = bytes[batch.SizeBytes..];
            }

            lease.Release();
        }

        return batches;
    }

    public void Dispose()
    {
        _log?.Release();
        Storage.Dispose();
    }

    private static ReadOnlySpan<byte> Bytes(string? text) => text is null ? default : Encoding.UTF8.GetBytes(text);

    private static List<(long Offset, string? Key, string? Value)> Records(byte[] bytes)
    {
        var found = new List<(long, string?, string?)>();
        RecordBatchView.TryRead(bytes, out RecordBatchView batch);
        using DecompressedRecords decompressed = batch.Decompress();
        RecordReader records = batch.Records(decompressed);
        while (records.Read())
        {
            found.Add(batch.IsControl
                ? (records.Offset, null, records.Key[3] == 1 ? "commit" : "abort")
                : (records.Offset, records.IsKeyNull ? null : Encoding.UTF8.GetString(records.Key), records.IsValueNull ? null : Encoding.UTF8.GetString(records.Value)));
        }

        return found;
    }

    private int NextSequence(long producerId, int count)
    {
        int sequence = _sequences.GetValueOrDefault(producerId);
        _sequences[producerId] = sequence + count;
        return sequence;
    }

    private void Write(List<byte> bytes)
    {
        Storage.Open($"{Directory}/{LogFiles.Segment(_segmentBase)}", FileOpening.Truncated, out IStorageFile? file);
        using (file)
        {
            Assert.True(file!.Write(0, bytes.ToArray()).IsOk);
        }
    }

    private PartitionLog Open()
    {
        if (!_isWritten)
        {
            Write(_segment);
            _isWritten = true;
        }

        return Open(new RecoveryInputs(false, RecoveryPoint, CleanedOffset: CleanedOffset));
    }

    private PartitionLog Open(RecoveryInputs inputs)
    {
        RecoveredLog recovered = new LogRecovery(Between ?? Storage, Directory, Settings, inputs, TimeProvider.System, NullLogger.Instance).Open();
        var log = new PartitionLog(new LogContext(Between ?? Storage, new TopicPartition("orders", 0), Directory, Settings, TimeProvider.System), recovered);
        log.Upkeep.CleanedOffset = inputs.CleanedOffset ?? 0;
        _epoch = log.LeaderEpoch;
        return log;
    }
}
