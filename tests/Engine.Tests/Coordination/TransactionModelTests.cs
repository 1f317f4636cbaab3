using CsCheck;
using Engine.Tests.Support;

namespace Engine.Tests.Coordination;

/// <summary>
/// Many transactional producers, plain records in between, closes, kills at any step,
/// and new producers with old names: readers of committed records see whole
/// transactions only.
/// </summary>
public sealed class TransactionModelTests
{
    private const int Longest = 80;
    private static readonly Gen<int> s_client = Gen.Int[0, TransactionHistory.Clients - 1];
    private static readonly Gen<int> s_partition = Gen.Int[0, TransactionHistory.Partitions - 1];

    private static readonly Gen<TransactionHistory.Operation> s_operation = Gen.Frequency<TransactionHistory.Operation>(
        (15, Gen.Select(s_client, s_partition, static (client, partition) => new TransactionHistory.Send(client, partition))),
        (3, Gen.Select(s_client, s_partition, static (client, partition) => new TransactionHistory.SendOffset(client, partition))),
        (6, Gen.Select(s_client, s_partition, Gen.Bool, Gen.Int[0, 2], static (client, partition, isCommit, again) => new TransactionHistory.End(client, isCommit, again == 0 ? partition : null))),
        (3, s_partition.Select(static partition => new TransactionHistory.Plain(partition))),
        (1, Gen.Select(Gen.Int[0, 7], Gen.Int[0, 7], Gen.Int[0, 5], static (ending, committing, steps) => new TransactionHistory.KillWhileEnding(ending, committing, steps))),
        (1, Gen.Bool.Select(static isClean => new TransactionHistory.Restart(isClean))),
        (5, s_partition.Select(static partition => new TransactionHistory.Read(partition))),
        (2, Gen.Select(s_client, s_partition, Gen.Bool, static (client, partition, isTried) => new TransactionHistory.Init(client, isTried ? partition : null))));

    [Fact]
    public void Readers_of_committed_records_see_all_of_a_transaction_or_nothing() => // T1, T3, T6, T7, T9, T13, T14, T18, K15
        Property.HoldsForHistories(Gen.Bool, s_operation, Longest, static (isClean, operations) => Run(isClean, operations), count: 60);

    private static void Run(bool isCleanAtTheEnd, List<TransactionHistory.Operation> operations)
    {
        using var life = new BrokerLife();
        var history = new TransactionHistory(life);
        operations.ForEach(history.Do);
        history.CheckAll(isCleanAtTheEnd);
    }
}
