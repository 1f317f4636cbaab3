using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Simulation;

/// <summary>
/// Reads all partitions while no producer runs. Compares logs, transactions and offsets
/// with each other and with the model.
/// </summary>
internal sealed class TransactionVerifier(ProcessRun run, TransactionModel model)
{
    private const int MaxReads = 100;
    private const int Samples = 3;

    internal static string Name(SimTransaction transaction) => $"transaction {transaction.Id}";

    /// <summary>
    /// Returns the name of the transaction whose offsets a group has; null for none.
    /// </summary>
    internal static string? CommittedBy(Broker broker, string group) => broker.Groups.FetchOffsets(group, [ProcessRun.Name(0)])[0].Committed?.Metadata;

    /// <summary>
    /// Checks that the group of a client has the offsets of its last committed
    /// transaction, or of a later one of the same id.
    /// </summary>
    internal static void CheckOffsets(Broker broker, TransactionModel model, ProducerClient client)
    {
        if (client.Last is { Transaction: { IsCommitted: true, AreOffsetsAcknowledged: true } transaction })
        {
            CheckOffsets(broker, model, client.TransactionalId!, client.Group, [transaction]);
        }
    }

    /// <summary>
    /// Checks all partitions. Returns false if one cannot be read, which is allowed only
    /// if the disk failed in this process run.
    /// </summary>
    internal bool Verify()
    {
        PartitionModel[] partitions = model.Log.Partitions;
        var verifier = new LogVerifier(run, looksUpTimes: false);
        var oracles = new PartitionOracle[partitions.Length];
        for (int i = 0; i < partitions.Length; i++)
        {
            // The worker of transactions may be appending a marker that the startup owed: the read
            // is repeated until it was complete, and the marker is indexed.
            long start, end, endBefore;
            int reads = 0;
            do // Ends after some reads: an indexer that a failing disk stopped stays incomplete.
            {
                _ = run.Broker.ListOffsets(ProcessRun.Name(i), out _, out endBefore);
                if (!verifier.Verify(partitions[i]))
                {
                    return false;
                }

                _ = run.Broker.ListOffsets(ProcessRun.Name(i), out start, out end);
            }
            while (++reads < MaxReads && (end != endBefore || !run.Broker.FindLog(ProcessRun.Name(i))!.IsIndexed));
            oracles[i] = new PartitionOracle(partitions[i], start, end);
            CheckCommittedReaders(partitions[i], oracles[i], start, end);
        }

        foreach (SimTransaction transaction in model.Transactions)
        {
            CheckWhole(transaction, oracles);
        }

        foreach (IGrouping<string, SimTransaction> id in model.Transactions.GroupBy(static transaction => transaction.Client.TransactionalId!))
        {
            CheckOffsets(run.Broker, model, id.Key, id.First().Client.Group, id.Where(static transaction => transaction is { IsCommitted: true, AreOffsetsAcknowledged: true }));
        }

        return true;
    }

    private static void CheckOffsets(Broker broker, TransactionModel model, string transactionalId, string group, IEnumerable<SimTransaction> committed)
    {
        OffsetAndMetadata? offset = broker.Groups.FetchOffsets(group, [ProcessRun.Name(0)])[0].Committed;
        SimTransaction? last = offset is null ? null : model.Transactions.Single(transaction => Name(transaction) == offset.Value.Metadata);
        last?.Resolve(isCommit: true, $"'{group}' has its offsets");
        if (last is not null && offset!.Value.Offset > last.Offset)
        {
            throw last.Anomaly($"'{group}' has the offset {offset.Value.Offset} of partition 0, but the records at and above {last.Offset} were replaced after a crash and would be skipped (W8)");
        }

        foreach (SimTransaction transaction in committed)
        {
            if (last is null || (last.Order > 0 && transaction.Order > last.Order))
            {
                throw transaction.Anomaly($"torn: it is committed, but '{group}' of '{transactionalId}' has the offsets of {last?.ToString() ?? "none"} (T13)");
            }
        }
    }

    /// <summary>
    /// Checks that the last stable offset, and the committed records that readers get
    /// from several offsets, agree with a scan.
    /// </summary>
    private void CheckCommittedReaders(PartitionModel partition, PartitionOracle oracle, long start, long end)
    {
        PartitionLog log = run.Broker.FindLog(ProcessRun.Name(partition.Number))!;
        long first = Math.Max(start, log.LogStartOffset);
        if (log.LastStableOffset != Math.Max(first, oracle.LastStableOffset) && !(oracle.MayBeOpenBelowStart && log.LastStableOffset == first))
        {
            throw partition.Anomaly($"the last stable offset is {log.LastStableOffset}, but by a scan of {start}..{end} it is {oracle.LastStableOffset}");
        }

        var random = new SimRandom((ulong)((end * 31) + start));
        for (int i = 0; i <= Samples; i++)
        {
            long offset = i == 0 ? start : random.Next(start, log.LastStableOffset + 1);
            int maxBytes = i == 0 ? 1 << 20 : 1 + random.Next(1000);
            while (offset < log.LastStableOffset)
            {
                using FetchResponse response = TransactionReader.Fetch(run, partition.Number, offset, maxBytes, 0);
                if (response.Partitions[0] is { Error: ErrorCode.OffsetOutOfRange } moved && moved.LogStartOffset > offset)
                {
                    offset = moved.LogStartOffset; // Retention has moved the log start in the meantime.
                    continue;
                }

                long next = TransactionReader.Take(partition, response.Partitions[0], offset, (batch, isGiven) =>
                {
                    if (isGiven != (oracle.FateOf(batch) == BatchFate.Committed))
                    {
                        throw partition.Anomaly($"{batch} at offset {batch.Offset} is {oracle.FateOf(batch)} by a scan, but is {(isGiven ? "returned to" : "withheld from")} a reader of committed records from offset {offset}");
                    }
                });
                if (next <= offset)
                {
                    throw partition.Anomaly($"a reader of committed records does not advance from offset {offset}, although the last stable offset is {log.LastStableOffset}");
                }

                offset = next;
            }
        }
    }

    /// <summary>
    /// Checks that a committed transaction is complete, except for deleted records.
    /// </summary>
    private void CheckWhole(SimTransaction transaction, PartitionOracle[] oracles)
    {
        foreach (AppendedBatch batch in transaction.Batches)
        {
            PartitionOracle oracle = oracles[batch.Partition];
            if (transaction.IsCommitted != true || batch.State != AppendState.Acknowledged || batch.Offset < oracle.Start)
            {
                continue;
            }

            if (!oracle.Has(batch) || oracle.FateOf(batch) != BatchFate.Committed)
            {
                throw transaction.Anomaly($"torn: it is committed, but {batch} of partition {batch.Partition} (offset {batch.Offset}) is {(oracle.Has(batch) ? oracle.FateOf(batch).ToString() : "missing")}");
            }
        }
    }
}
