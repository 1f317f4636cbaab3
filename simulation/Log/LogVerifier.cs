using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// Reads a complete partition while no actor appends and compares it with the model, then
/// checks some lookups by offset and by time.
/// </summary>
internal sealed class LogVerifier(ProcessRun run, bool looksUpTimes = true)
{
    private const int Samples = 4;

    /// <summary>
    /// Checks a partition. Returns false if it cannot be read because of a fault.
    /// </summary>
    internal bool Verify(PartitionModel partition)
    {
        TopicPartition name = ProcessRun.Name(partition.Number);
        ErrorResult listed = run.Broker.ListOffsets(name, out long start, out long end);
        if (!listed.IsSuccess)
        {
            if (run.Owner.HadFaults || partition.IsDamaged)
            {
                run.World.Probe("partition offline");
                return false;
            }

            throw partition.Anomaly($"it is not available after a restart: {listed.Message}");
        }

        long offset = start;
        while (offset < end)
        {
            using FetchResponse response = Fetch(name, offset, 1 << 20);
            FetchedPartition answer = response.Partitions[0];
            if (answer.Error == ErrorCode.OffsetOutOfRange && answer.LogStartOffset > offset)
            {
                offset = start = answer.LogStartOffset; // Retention has moved the log start in the meantime.
                continue;
            }

            if (answer.Error != ErrorCode.None)
            {
                if (run.Owner.HasFaults || partition.IsDamaged)
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
                throw partition.Anomaly($"offset {offset} of {start}..{end} is missing");
            }

            offset = next;
        }

        partition.EndVerification(start, end, run.Number);
        LookAgain(partition, name, start, end);
        return true;
    }

    /// <summary>
    /// Compares fetched bytes with the model: complete, contiguous batches, of which the
    /// first contains the offset.
    /// </summary>
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

                throw partition.Anomaly($"bytes after offset {expected} ({how} from {offset}) are not a complete batch");
            }

            if (partition.IsDamaged && !batch.IsCrcValid)
            {
                return expected; // A reader detects this; the header is not reliable.
            }

            bool isExpected = expected < 0 ? batch.BaseOffset <= offset && batch.EndOffset > offset : batch.BaseOffset == expected;
            if (!isExpected)
            {
                throw partition.Anomaly($"poll-skip: a fetch from offset {(expected < 0 ? offset : expected)} (log start {start}) returned a batch of offsets {batch.BaseOffset}..{batch.EndOffset - 1}");
            }

            partition.NoteRead(batch, how);
            expected = batch.EndOffset;
        }

        return expected;
    }

    private void LookAgain(PartitionModel partition, TopicPartition name, long start, long end)
    {
        if (start == end || partition.IsDamaged || run.Owner.HasFaults)
        {
            return;
        }

        var random = new SimRandom((ulong)((end * 31) + start));
        for (int i = 0; i < Samples; i++)
        {
            long offset = random.Next(start, end);
            using FetchResponse response = Fetch(name, offset, 1);
            // Empty if retention has deleted it in the meantime.
            Take(partition, response.Partitions[0].Records.Span, offset, start, "found by its offset");
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
            ListedOffset found = run.Broker.ListOffset(name, timestamp);
            long wanted = partition.FindByTime(timestamp, start);
            if (found.Error != ErrorCode.None || found.Offset != wanted)
            {
                throw partition.Anomaly($"the first record at or after time {timestamp} is at offset {wanted} of {start}..{end}, but the lookup returned {found}");
            }
        }

        long largest = batches.Where(batch => batch.EndOffset > start).SelectMany(static batch => batch.Timestamps.Select((time, i) => (Offset: batch.Offset + i, time))).Where(record => record.Offset >= start).Max(static record => record.time);
        ListedOffset max = run.Broker.ListOffset(name, ListedOffset.MaxTimestamp);
        if (max.Offset != partition.FindByTime(largest, start))
        {
            throw partition.Anomaly($"the first record with the largest timestamp {largest} is at offset {partition.FindByTime(largest, start)} of {start}..{end}, but the lookup returned {max}");
        }
    }

    private FetchResponse Fetch(TopicPartition name, long offset, int maxBytes) =>
        run.World.Await(run.Broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(name, offset, maxBytes)], MaxWaitMs = 0 }), "a fetch");
}
