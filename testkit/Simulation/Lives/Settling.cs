using Zurau.Engine;
using Zurau.Engine.Log;

namespace Zurau.Testing.Simulation;

/// <summary>Waits for what a broker does by itself.</summary>
/// <param name="partitions">How many partitions the topic has.</param>
internal sealed class Settling(int partitions)
{
    private const int LongestMs = 60_000;

    internal IEnumerable<PartitionLog> Logs(Broker broker) => Enumerable.Range(0, partitions).Select(partition => broker.FindLog(Life.Name(partition))).OfType<PartitionLog>();

    /// <summary>What was decided is carried out (T6); false if it is not, which only a disk that failed in this life excuses.</summary>
    internal bool Wait(World world, Broker broker, bool hadFaults = false)
    {
        bool IsSettled() => broker.Transactions.List().All(static transaction => transaction.State is not (TransactionState.PrepareCommit or TransactionState.PrepareAbort))
            && Logs(broker).All(static log => log.DerivedEnd == log.ReadEnd().Offset);
        world.Block(IsSettled, "decided transactions", world.NowMs + LongestMs);
        bool isSettled = IsSettled();
        if (!isSettled && !hadFaults)
        {
            throw new SimulationFailure($"what was decided is not carried out after {LongestMs} ms: {string.Join(", ", broker.Transactions.List())} (T6)");
        }

        return isSettled;
    }

    /// <summary>No transaction stays open for ever (T5).</summary>
    internal void WaitForEnds(World world, Broker broker, int timeoutMs = LongestMs)
    {
        bool IsQuiet() => Logs(broker).All(static log => log.LastStableOffset == log.ReadEnd().Offset);
        world.Block(IsQuiet, "the end of all transactions", world.NowMs + timeoutMs + LongestMs);
        if (!IsQuiet())
        {
            IEnumerable<string> open = Logs(broker).Select(log =>
                $"{log.Partition} is stable up to {log.LastStableOffset} of {log.ReadEnd().Offset}, producers {string.Join(", ", broker.Transactions.DescribeProducers(log.Partition)!)}");
            throw new SimulationFailure($"a transaction is open for ever: {string.Join("; ", open)}; {string.Join(", ", broker.Transactions.List())} (T5)");
        }

        _ = Wait(world, broker);
    }
}
