using System.Buffers.Binary;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Simulation;

/// <summary>
/// Compares the records that were read from a partition with the appended ones, record by
/// record, because the topic may compress batches.
/// </summary>
internal static class TopicBatches
{
    /// <summary>
    /// Checks complete, contiguous batches, of which the first contains the offset.
    /// Returns the exclusive end offset; -1 for none.
    /// </summary>
    internal static long Take(World world, TopicsModel model, TopicIncarnation topic, PartitionModel partition, ReadOnlySpan<byte> bytes, long offset, string how)
    {
        long expected = -1;
        while (bytes.Length > 0)
        {
            if (!RecordBatchView.TryRead(bytes, out RecordBatchView batch))
            {
                throw partition.Anomaly($"bytes after offset {expected} ({how} from {offset}) are not a complete batch");
            }

            bytes = bytes[batch.SizeBytes..];
            bool isExpected = expected < 0 ? batch.BaseOffset <= offset && batch.LastOffset >= offset : batch.BaseOffset == expected;
            if (!isExpected)
            {
                throw partition.Anomaly($"poll-skip: a fetch from offset {(expected < 0 ? offset : expected)} of {topic} returned a batch of offsets {batch.BaseOffset}..{batch.LastOffset}");
            }

            if (!batch.IsCrcValid())
            {
                throw partition.Anomaly($"a batch with a wrong checksum was {how} at offset {batch.BaseOffset}");
            }

            AppendedBatch known = Find(model, topic, partition, batch, how);
            partition.NoteRead(known, batch.BaseOffset, how);
            world.Probe($"batch compressed with {batch.CompressionType}");
            if (batch.CompressionType != known.Compression)
            {
                world.Probe("batch compressed by its topic");
            }

            expected = batch.LastOffset + 1;
        }

        return expected;
    }

    private static AppendedBatch Find(TopicsModel model, TopicIncarnation topic, PartitionModel partition, RecordBatchView batch, string how)
    {
        using DecompressedRecords decompressed = batch.Decompress();
        RecordReader records = batch.Records(decompressed);
        AppendedBatch? known = null;
        int read = 0;
        for (; records.Read(); read++)
        {
            int id = records.Key.Length == 8 ? BinaryPrimitives.ReadInt32BigEndian(records.Key) : -1;
            if ((uint)id >= (uint)model.Appends.Count || (known is not null && known.Id != id))
            {
                throw partition.Anomaly($"a record that was never appended was {how} at offset {records.Offset}");
            }

            known = model.Appends[id];
            if (known.Partition != partition.Number)
            {
                throw partition.Anomaly($"{known} of partition {known.Partition} was {how} at offset {records.Offset} of {topic}");
            }

            bool isTimeKept = read < known.Count && (batch.TimestampType == TimestampType.LogAppendTime || records.Timestamp == known.Timestamps[read]);
            if (!isTimeKept || records.Value.Length != known.ValueBytes || records.Value.ContainsAnyExcept(AppendedBatch.ValueOf(id, read)))
            {
                throw partition.Anomaly($"record {read} of {known} was {how} at offset {records.Offset} and differs from the appended record");
            }
        }

        if (known is null || read != known.Count || batch.ProducerId != (known.Producer?.ProducerId ?? -1))
        {
            throw partition.Anomaly($"a batch of {read} records of producer {batch.ProducerId} was {how} at offset {batch.BaseOffset}: {known?.ToString() ?? "it was never appended"}");
        }

        return known;
    }
}
