using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Testing.Simulation;

/// <summary>Reads a partition whole while nobody appends and holds it against the model; then asks again by offset and by time.</summary>
internal sealed class LogVerifier(Life life, bool looksUpTimes = true)
{
    private const int Samples = 4;

    /// <summary>False where the partition cannot be read because of a fault.</summary>
    internal bool Verify(PartitionModel partition)
    {
        TopicPartition name = Life.Name(partition.Number);
        ErrorResult listed = life.Broker.ListOffsets(name, out long start, out long end);
        if (!listed.IsSuccess)
        {
            if (life.Owner.HadFaults || partition.IsDamaged)
            {
                life.World.Probe("partition offline");
                return false;
            }

            throw partition.Anomaly($"not available after a restart: {listed.Message}");
        }

        long offset = start;
        while (offset < end)
        {
            using FetchResponse response = Fetch(name, offset, 1 << 20);
            FetchedPartition answer = response.Partitions[0];
            if (answer.Error == ErrorCode.OffsetOutOfRange && answer.LogStartOffset > offset)
            {
                offset = start = answer.LogStartOffset; // Retention has moved the start meanwhile.
                continue;
            }

            if (answer.Error != ErrorCode.None)
            {
                if (life.Owner.HasFaults || partition.IsDamaged)
                {
                    return false;
                }

                throw partition.Anomaly($"offset {offset} of {start}..{end} cannot be read: {answer.Error}");
            }

            long next = Take(partition, answer.Records.Span, offset, start, "found after a restart");
            if (next <= offset && partition.IsDamaged)
            {
                return false;
            }

            if (next <= offset)
            {
                throw partition.Anomaly($"offset {offset} of {start}..{end} is not there");
            }

            offset = next;
        }

        partition.EndVerification(start, end, life.Number);
        LookAgain(partition, name, start, end);
        return true;
    }

    /// <summary>Holds fetched bytes against the model: whole batches, one behind the other, from the one with the offset on.</summary>
    internal static long Take(PartitionModel partition, ReadOnlySpan<byte> bytes, long offset, long start, string how)
    {
        long expected = -1;
        while (bytes.Length > 0)
        {
            if (!WireBatch.TryTake(ref bytes, out WireBatch batch))
            {
                if (partition.IsDamaged)
                {
                    return expected;
                }

                throw partition.Anomaly($"bytes behind offset {expected} ({how} from {offset}) are no whole batch");
            }

            if (partition.IsDamaged && !batch.IsCrcValid)
            {
                return expected; // Its reader notices; what its header says is worth nothing.
            }

            bool isExpected = expected < 0 ? batch.BaseOffset <= offset && batch.EndOffset > offset : batch.BaseOffset == expected;
            if (!isExpected)
            {
                throw partition.Anomaly($"poll-skip: asked for offset {(expected < 0 ? offset : expected)} (log start {start}), got a batch of offsets {batch.BaseOffset}..{batch.EndOffset - 1}");
            }

            partition.Learn(batch, how);
            expected = batch.EndOffset;
        }

        return expected;
    }

    private void LookAgain(PartitionModel partition, TopicPartition name, long start, long end)
    {
        if (start == end || partition.IsDamaged || life.Owner.HasFaults)
        {
            return;
        }

        var random = new SimRandom((ulong)((end * 31) + start));
        for (int i = 0; i < Samples; i++)
        {
            long offset = random.Next(start, end);
            using FetchResponse response = Fetch(name, offset, 1);
            Take(partition, response.Partitions[0].Records.Span, offset, start, "found by its offset"); // Nothing, if retention has deleted it meanwhile.
        }

        AppendedBatch[] batches = [.. partition.Known];
        if (!looksUpTimes)
        {
            return;
        }

        for (int i = 0; i < Samples; i++)
        {
            long timestamp = batches[random.Next(batches.Length)].Timestamps[0] + random.Next(-1, 2);
            timestamp = Math.Max(0, timestamp);
            ListedOffset found = life.Broker.ListOffset(name, timestamp);
            long wanted = partition.FindByTime(timestamp, start);
            if (found.Error != ErrorCode.None || found.Offset != wanted)
            {
                throw partition.Anomaly($"the first record at or behind time {timestamp} is at offset {wanted} of {start}..{end}, and was looked up as {found}");
            }
        }

        long largest = batches.Where(batch => batch.EndOffset > start).SelectMany(static batch => batch.Timestamps.Select((time, i) => (Offset: batch.Offset + i, time))).Where(record => record.Offset >= start).Max(static record => record.time);
        ListedOffset max = life.Broker.ListOffset(name, ListedOffset.MaxTimestamp);
        if (max.Offset != partition.FindByTime(largest, start))
        {
            throw partition.Anomaly($"the first record with the largest timestamp {largest} is at offset {partition.FindByTime(largest, start)} of {start}..{end}, and was looked up as {max}");
        }
    }

    private FetchResponse Fetch(TopicPartition name, long offset, int maxBytes) =>
        life.World.Await(life.Broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(name, offset, maxBytes)], MaxWaitMs = 0 }), "a fetch");
}
