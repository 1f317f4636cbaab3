using System.Buffers.Binary;
using System.Text;
using Zurau.Engine.Records;

namespace Engine.Tests.Support;

/// <summary>Makes batches for tests.</summary>
internal static class Batches
{
    internal static byte[] Of(params string[] values)
    {
        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + values.Sum(static value => 64 + (value.Length * 4))]);
        foreach (string value in values)
        {
            builder.Append(1_700_000_000_000, default, isKeyNull: true, Encoding.UTF8.GetBytes(value), isValueNull: false);
        }

        return builder.Build().ToArray();
    }

    /// <summary>Gives a batch a producer and a new checksum.</summary>
    internal static byte[] WithProducer(byte[] batch, long producerId, short epoch, int sequence)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(BatchLayout.ProducerId), producerId);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(BatchLayout.ProducerEpoch), epoch);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.BaseSequence), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(BatchLayout.Crc), Crc32C.Compute(batch.AsSpan(BatchLayout.Attributes)));
        return batch;
    }

    /// <summary>A batch of records "0", "1", … of a producer.</summary>
    internal static byte[] OfProducer(long producerId, short epoch, int sequence, int count = 1, bool isTransactional = false)
    {
        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + (count * 64)]);
        builder.SetProducer(producerId, epoch, sequence);
        for (int i = 0; i < count; i++)
        {
            builder.Append(1_700_000_000_000, default, isKeyNull: true, Encoding.UTF8.GetBytes($"{i}"), isValueNull: false);
        }

        return builder.Build(isTransactional ? BatchAttributes.Transactional : BatchAttributes.None).ToArray();
    }

    internal static List<(long Offset, string Value)> Read(ReadOnlySpan<byte> bytes)
    {
        var records = new List<(long, string)>();
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            Assert.True(batch.IsCrcValid());
            RecordReader reader = batch.Records();
            while (reader.Read())
            {
                records.Add((reader.Offset, Encoding.UTF8.GetString(reader.Value)));
            }

            bytes = bytes[batch.SizeBytes..];
        }

        return records;
    }
}
