using System.Buffers.Binary;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Simulation;

/// <summary>
/// One append of a run and its known state. The keys of its records identify it at every
/// offset.
/// </summary>
internal sealed class AppendedBatch
{
    private const int KeySize = 8;

    internal AppendedBatch(int id, int partition, int run, int count, int valueBytes, long timestamp, ProducerStamp? producer = null, BatchCompression compression = default)
    {
        Id = id;
        Partition = partition;
        RunNumber = run;
        Timestamps = new long[count];
        ValueBytes = valueBytes;
        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + (count * (32 + KeySize + valueBytes))]) { Compression = compression };
        Span<byte> key = stackalloc byte[KeySize];
        byte[] value = new byte[valueBytes];
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(key, id);
            BinaryPrimitives.WriteInt32BigEndian(key[4..], i);
            value.AsSpan().Fill(ValueOf(id, i)); // Never zero, because bytes that a crash has lost are zero.
            Timestamps[i] = Math.Max(0, timestamp + (i % 3));
            builder.Append(Timestamps[i], key, isKeyNull: false, value, isValueNull: false);
        }

        if (producer is { } stamp)
        {
            builder.SetProducer(stamp.ProducerId, stamp.Epoch, stamp.Sequence);
        }

        Producer = producer;
        Compression = compression.Type;
        Bytes = builder.Build(producer?.Transaction is null ? BatchAttributes.None : BatchAttributes.Transactional).ToArray();
    }

    internal int Id { get; }

    internal int Partition { get; }

    /// <summary>The process run that appended it.</summary>
    internal int RunNumber { get; }

    internal byte[] Bytes { get; }

    /// <summary>Its producer; null for none.</summary>
    internal ProducerStamp? Producer { get; }

    internal CompressionType Compression { get; }

    internal SimTransaction? Transaction => Producer?.Transaction;

    internal long[] Timestamps { get; }

    internal int ValueBytes { get; }

    internal int Count => Timestamps.Length;

    internal AppendState State { get; set; }

    /// <summary>Its offset; -1 while it is unknown.</summary>
    internal long Offset { get; set; } = -1;

    internal long EndOffset => Offset + Count;

    /// <summary>True if a restart did not find it. It must never be read again.</summary>
    internal bool IsLost { get; set; }

    /// <summary>
    /// True if it may be below a log start that moved before it was read: then no restart
    /// shows that it is lost.
    /// </summary>
    internal bool MayBeDeleted { get; set; }

    /// <summary>The byte that fills the value of a record.</summary>
    internal static byte ValueOf(int id, int record) => (byte)(1 + ((id + record) % 255));

    public override string ToString() => $"batch {Id} ({Count} records, {Bytes.Length} bytes, process run {RunNumber}, {State})";
}
