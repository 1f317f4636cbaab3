using Zurau.Engine;
using Zurau.Engine.Log;

namespace Zurau.Simulation;

/// <summary>Waits for background work of a broker.</summary>
/// <param name="partitions">The number of partitions of the topic.</param>
internal sealed class Settling(int partitions)
{
    private const int LongestMs = 60_000;

    internal IEnumerable<PartitionLog> Logs(Broker broker) => Enumerable.Range(0, partitions).Select(partition => broker.FindLog(ProcessRun.Name(partition))).OfType<PartitionLog>();

    /// <summary>
    /// Waits until every decided transaction is completed (T6). Returns false if one is
    /// not, which is allowed only if the disk failed in this process run.
    /// </summary>
    internal bool Wait(World world, Broker broker, bool hadFaults = false)
    {
        bool IsSettled() => broker.Transactions.List().All(static transaction => transaction.State is not (TransactionState.PrepareCommit or TransactionState.PrepareAbort))
            && Logs(broker).All(static log => log.IndexedEnd == log.ReadEnd().Offset);
        world.Block(IsSettled, "decided transactions", world.NowMs + LongestMs);
        bool isSettled = IsSettled();
        if (!isSettled && !hadFaults)
        {
            throw new SimulationFailure($"a decided transaction is not completed after {LongestMs} ms: {string.Join(", ", broker.Transactions.List())} (T6)");
        }

        return isSettled;
    }

    /// <summary>Checks that no transaction stays open forever (T5).</summary>
    internal void WaitForEnds(World world, Broker broker, int timeoutMs = LongestMs)
    {
        bool IsQuiet() => Logs(broker).All(static log => log.LastStableOffset == log.ReadEnd().Offset);
        world.Block(IsQuiet, "the end of all transactions", world.NowMs + timeoutMs + LongestMs);
        if (!IsQuiet())
        {
            IEnumerable<string> open = Logs(broker).Select(log =>
                $"{log.Partition} has last stable offset {log.LastStableOffset} and end offset {log.ReadEnd().Offset}, producers {string.Join(", ", broker.Transactions.DescribeProducers(log.Partition)!)}");
            throw new SimulationFailure($"a transaction stays open: {string.Join("; ", open)}; {string.Join(", ", broker.Transactions.List())} (T5)");
        }

        _ = Wait(world, broker);
    }
}
