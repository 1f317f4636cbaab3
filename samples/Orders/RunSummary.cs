using Zurau;

namespace Orders;

/// <summary>The content of the final table.</summary>
/// <param name="Elapsed">From the first line read to lag 0.</param>
/// <param name="ResumedAfter">The line after which this run went on; 0 for a first run.</param>
/// <param name="BilledOrders">Different orders in the ledger, of all runs.</param>
/// <param name="DeadOrders">Different dead letters in their ledger, of all runs.</param>
/// <param name="Acks">What the producer waited for.</param>
/// <param name="Partitions">Where the listeners are.</param>
internal sealed record RunSummary(
    TimeSpan Elapsed,
    long ResumedAfter,
    int BilledOrders,
    int DeadOrders,
    Acks Acks,
    IReadOnlyList<PartitionLag> Partitions);
