using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Inspection;

namespace Zurau.Simulation;

/// <summary>
/// Opens a directory as a startup after a crash does and compares it with the expected
/// state: every acknowledged record has its offset and its bytes, offsets have no gaps,
/// no record is duplicated, no record that was read is lost, the records of a writer are
/// in order, and no committed offset has decreased.
/// </summary>
internal sealed class KillRunCheck(KillRunPlan plan, KillRunExpected expected)
{
    /// <summary>The records of all partitions, in offset order.</summary>
    internal sealed record Content(KillRunRecord[][] Partitions)
    {
        internal long Records => Partitions.Sum(static records => (long)records.Length);
    }

    /// <summary>
    /// Checks the directory, closes it with a clean shutdown and checks the structure of
    /// every file.
    /// </summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="earlier">The content that an earlier check found; null for
    /// none.</param>
    /// <param name="isPowerLoss">True if the page cache is lost too. Then only records
    /// with acks=all must survive; others may be missing at the end.</param>
    /// <exception cref="KillRunException">The content differs from the expected
    /// state.</exception>
    internal Content Run(string directory, Content? earlier, bool isPowerLoss = false)
    {
        Content content;
        Broker broker = plan.Open(directory);
        try
        {
            content = new Content([.. Enumerable.Range(0, plan.Partitions).Select(partition => Read(broker, partition))]);
            CompareAcknowledged(content, isPowerLoss);
            CompareAll(content, isPowerLoss);
            CompareCommits(broker, isPowerLoss);
            if (earlier is not null)
            {
                CheckPrefix(earlier, content, "an earlier startup");
            }
        }
        finally
        {
            broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        CheckReport report = DirectoryCheck.Run(new DiskFiles(directory)) ?? throw new KillRunException($"'{directory}' is not a data directory any more.");
        return report.Findings.Count == 0
            ? content
            : throw new KillRunException("The structural check of the recovered directory found: " + string.Join("; ", report.Findings));
    }

    /// <summary>
    /// Reads a copy that was made during writes to the directory. Every partition must be
    /// a prefix of the later log.
    /// </summary>
    internal Content ReadCopy(string directory)
    {
        Broker broker = plan.Open(directory);
        try
        {
            return new Content([.. Enumerable.Range(0, plan.Partitions).Select(partition => Read(broker, partition))]);
        }
        finally
        {
            broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>
    /// Checks that one content is a prefix of another: that of a copy, or that of an
    /// earlier startup.
    /// </summary>
    internal static void CheckPrefix(Content prefix, Content whole, string what)
    {
        for (int partition = 0; partition < prefix.Partitions.Length; partition++)
        {
            KillRunRecord[] early = prefix.Partitions[partition];
            KillRunRecord[] late = whole.Partitions[partition];
            int same = early.AsSpan().CommonPrefixLength(late);
            if (same < early.Length)
            {
                throw new KillRunException($"Partition {partition}: {what} has {early.Length} records, but the log differs from it at offset {same} ({late.Length} records).");
            }
        }
    }

    private KillRunRecord[] Read(Broker broker, int number)
    {
        var partition = new TopicPartition(KillRunPlan.Topic, number);
        var records = new List<KillRunRecord>();
        ErrorResult listed = broker.ListOffsets(partition, out long offset, out long end);
        if (listed.Error == ErrorCode.UnknownTopicOrPartition)
        {
            return []; // Killed before the topic existed. No record may have been acknowledged, which is checked below.
        }

        if (!listed.IsSuccess || offset != 0)
        {
            throw new KillRunException($"Partition {number} starts at {offset} or cannot be listed: {listed.Error} {listed.Message}");
        }

        while (offset < end)
        {
            using FetchResponse response = broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(partition, offset)], MaxWaitMs = 0 }).AsTask().GetAwaiter().GetResult();
            FetchedPartition fetched = response.Partitions[0];
            if (fetched.Error != ErrorCode.None || fetched.Records.IsEmpty)
            {
                throw new KillRunException($"Partition {number}: a fetch at {offset} of {end} returned {fetched.Records.Length} bytes and {fetched.Error}.");
            }

            offset = Decode(number, offset, fetched.Records.Span, records);
        }

        return [.. records];
    }

    private long Decode(int partition, long offset, ReadOnlySpan<byte> bytes, List<KillRunRecord> records)
    {
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            if (!batch.IsCrcValid() || batch.BaseOffset != offset)
            {
                throw new KillRunException($"Partition {partition}: the batch at offset {offset} has base offset {batch.BaseOffset} and a {(batch.IsCrcValid() ? "valid" : "wrong")} checksum.");
            }

            RecordReader reader = batch.Records();
            while (reader.Read())
            {
                if (reader.Offset != offset++ || !KillRunRecord.TryRead(plan, reader.Value, out KillRunRecord record))
                {
                    throw new KillRunException($"Partition {partition}: the record at offset {reader.Offset} differs from the appended one.");
                }

                records.Add(record);
            }

            bytes = bytes[batch.SizeBytes..];
        }

        return offset;
    }

    private void CompareAcknowledged(Content content, bool isPowerLoss)
    {
        for (int writer = 0; writer < plan.Writers; writer++)
        {
            foreach (KillRunExpected.Acknowledged batch in expected.ReadAcknowledged(writer))
            {
                KillRunRecord[] records = content.Partitions[batch.Partition];
                for (int i = 0; i < batch.Count; i++)
                {
                    long offset = batch.BaseOffset + i;
                    if (isPowerLoss && batch.Acks != Acks.All && offset >= records.Length)
                    {
                        break;
                    }

                    if (offset >= records.Length || records[offset] != new KillRunRecord(writer, batch.FirstSequence + i))
                    {
                        string found = offset >= records.Length ? $"the log ends at {records.Length}" : $"found {records[offset]}";
                        throw new KillRunException($"Partition {batch.Partition}: record {batch.FirstSequence + i} of writer {writer} was acknowledged (acks={batch.Acks}) at offset {offset}, but {found}.");
                    }
                }
            }
        }
    }

    private void CompareAll(Content content, bool isPowerLoss)
    {
        var seen = new HashSet<KillRunRecord>();
        long[] attempted = [.. Enumerable.Range(0, plan.Writers).Select(expected.Attempted)];
        for (int partition = 0; partition < plan.Partitions; partition++)
        {
            long[] last = [.. Enumerable.Repeat(-1L, plan.Writers)];
            foreach (KillRunRecord record in content.Partitions[partition])
            {
                if (!seen.Add(record) || record.Sequence >= attempted[record.Writer] || record.Sequence <= last[record.Writer])
                {
                    throw new KillRunException($"Partition {partition}: {record} is duplicated, was never appended, or is out of order.");
                }

                last[record.Writer] = record.Sequence;
            }

            if (!isPowerLoss && content.Partitions[partition].Length < expected.Seen(partition))
            {
                throw new KillRunException($"Partition {partition}: a reader saw the end offset {expected.Seen(partition)}, but now it is {content.Partitions[partition].Length}.");
            }
        }
    }

    private void CompareCommits(Broker broker, bool isPowerLoss)
    {
        long committed = broker.Groups.FetchOffsets(KillRunPlan.Group, [new TopicPartition(KillRunPlan.Topic, 0)])[0].Committed?.Offset ?? 0;
        if ((!isPowerLoss && committed < expected.CommitAcknowledged) || committed > expected.CommitAttempted)
        {
            throw new KillRunException($"The committed offset of the group is {committed}; the last acknowledged commit is {expected.CommitAcknowledged}, the last attempted one {expected.CommitAttempted}.");
        }
    }
}
