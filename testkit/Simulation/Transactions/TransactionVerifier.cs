using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Testing.Simulation;

/// <summary>Reads all partitions while nobody produces, and holds logs, transactions and offsets against each other and the model.</summary>
internal sealed class TransactionVerifier(Life life, TransactionModel model)
{
    private const int Samples = 3;

    internal static string Name(SimTransaction transaction) => $"transaction {transaction.Id}";

    /// <summary>The transaction whose offsets count in a group, by its name; null for none.</summary>
    internal static string? CommittedBy(Broker broker, string group) => broker.FetchOffsets(group, [Life.Name(0)])[0].Committed?.Metadata;

    /// <summary>The transaction of a client that has just been committed has its offsets there, or a later one of its id has.</summary>
    internal static void CheckOffsets(Broker broker, TransactionModel model, ProducerClient client)
    {
        if (client.Last is { Transaction: { IsCommitted: true, AreOffsetsAcknowledged: true } transaction })
        {
            CheckOffsets(broker, model, client.TransactionalId!, client.Group, [transaction]);
        }
    }

    /// <summary>False if a partition cannot be read, which only a disk that failed in this life excuses.</summary>
    internal bool Verify()
    {
        PartitionModel[] partitions = model.Log.Partitions;
        var verifier = new LogVerifier(life, looksUpTimes: false);
        var oracles = new PartitionOracle[partitions.Length];
        for (int i = 0; i < partitions.Length; i++)
        {
            if (!verifier.Verify(partitions[i]))
            {
                return false;
            }

            _ = life.Broker.ListOffsets(Life.Name(i), out long start, out long end);
            oracles[i] = new PartitionOracle(partitions[i], start, end);
            CheckCommittedReaders(partitions[i], oracles[i], start, end);
        }

        foreach (SimTransaction transaction in model.Transactions)
        {
            CheckWhole(transaction, oracles);
        }

        foreach (IGrouping<string, SimTransaction> id in model.Transactions.GroupBy(static transaction => transaction.Client.TransactionalId!))
        {
            CheckOffsets(life.Broker, model, id.Key, id.First().Client.Group, id.Where(static transaction => transaction is { IsCommitted: true, AreOffsetsAcknowledged: true }));
        }

        return true;
    }

    private static void CheckOffsets(Broker broker, TransactionModel model, string transactionalId, string group, IEnumerable<SimTransaction> committed)
    {
        OffsetAndMetadata? offset = broker.FetchOffsets(group, [Life.Name(0)])[0].Committed;
        SimTransaction? last = offset is null ? null : model.Transactions.Single(transaction => Name(transaction) == offset.Value.Metadata);
        last?.Resolve(isCommit: true, $"its offsets count in '{group}'");
        if (last is not null && offset!.Value.Offset > last.Offset)
        {
            throw last.Anomaly($"'{group}' goes on at {offset.Value.Offset} of partition 0, and what came at {last.Offset} and behind is new since a crash: it is skipped (W8)");
        }

        foreach (SimTransaction transaction in committed)
        {
            if (last is null || (last.Order > 0 && transaction.Order > last.Order))
            {
                throw transaction.Anomaly($"torn: it is committed, and '{group}' of '{transactionalId}' has the offsets of {last?.ToString() ?? "none"} (T13)");
            }
        }
    }

    /// <summary>The last stable offset and what committed readers are given, from several offsets on, are what a scan finds.</summary>
    private void CheckCommittedReaders(PartitionModel partition, PartitionOracle oracle, long start, long end)
    {
        PartitionLog log = life.Broker.FindLog(Life.Name(partition.Number))!;
        if (oracle.IsStableOffsetKnown && log.LastStableOffset != Math.Max(Math.Max(start, log.LogStartOffset), oracle.LastStableOffset))
        {
            throw partition.Anomaly($"the last stable offset is {log.LastStableOffset}, and by a scan of {start}..{end} it is {oracle.LastStableOffset}");
        }

        var random = new SimRandom((ulong)((end * 31) + start));
        for (int i = 0; i <= Samples; i++)
        {
            long offset = i == 0 ? start : random.Next(start, log.LastStableOffset + 1);
            int maxBytes = i == 0 ? 1 << 20 : 1 + random.Next(1000);
            while (offset < log.LastStableOffset)
            {
                using FetchResponse response = TransactionReader.Fetch(life, partition.Number, offset, maxBytes, 0);
                if (response.Partitions[0] is { Error: ErrorCode.OffsetOutOfRange } moved && moved.LogStartOffset > offset)
                {
                    offset = moved.LogStartOffset; // Retention has moved the start meanwhile.
                    continue;
                }

                long next = TransactionReader.Take(partition, response.Partitions[0], offset, (batch, isGiven) =>
                {
                    if (isGiven != (oracle.FateOf(batch) == BatchFate.Committed))
                    {
                        throw partition.Anomaly($"{batch} at offset {batch.Offset} is {oracle.FateOf(batch)} by a scan, and is {(isGiven ? "given to" : "kept from")} a reader of committed records from offset {offset}");
                    }
                });
                if (next <= offset)
                {
                    throw partition.Anomaly($"a reader of committed records stands at offset {offset}, and the last stable offset is {log.LastStableOffset}");
                }

                offset = next;
            }
        }
    }

    /// <summary>A committed transaction is there whole, wherever its records were not deleted; of one that is not, nothing is committed.</summary>
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
                throw transaction.Anomaly($"torn: it is committed, and {batch} of partition {batch.Partition} (offset {batch.Offset}) is {(oracle.Has(batch) ? oracle.FateOf(batch).ToString() : "not there")}");
            }
        }
    }
}
