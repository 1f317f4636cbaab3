using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>Sends the requests of one producer of the scenario 'transactions'.</summary>
internal sealed class ProducerRequests(ProcessRun run, ProducerClient client)
{
    private const int MostTries = 100;
    private const int RetryMs = 100;

    private World World => run.World;

    private BrokerTransactions Transactions => run.Broker.Transactions;

    /// <summary>
    /// Sends a batch; with version 2 of the protocol, in its transaction.
    /// </summary>
    internal ValueTask<AppendResult> Append(AppendedBatch batch) => client.Version == TransactionVersion.V2 && client.TransactionalId is { } transactionalId
        ? Transactions.AppendAsync(transactionalId, ProcessRun.Name(batch.Partition), batch.Bytes, client.Acks)
        : run.Broker.AppendAsync(ProcessRun.Name(batch.Partition), batch.Bytes, client.Acks);

    internal ValueTask<InitProducerIdResult> End(SimTransaction transaction, bool isCommit) =>
        Transactions.EndAsync(client.TransactionalId!, transaction.ProducerId, transaction.Epoch, isCommit, client.Version);

    /// <summary>Repeats a request until the previous transaction is completed.</summary>
    internal InitProducerIdResult RepeatUntilCompleted(Func<ValueTask<InitProducerIdResult>> request)
    {
        for (int i = 0; i < MostTries; i++)
        {
            InitProducerIdResult result = Call(request, "the coordinator");
            if (result.Error != ErrorCode.ConcurrentTransactions || (run.Owner.HadFaults && i == MostTries / 4))
            {
                return result;
            }

            World.Probe("concurrent transactions");
            World.Sleep(RetryMs);
        }

        throw new SimulationFailure($"a transaction of '{client.TransactionalId}' is not completed after {MostTries * RetryMs} ms (T6)");
    }

    /// <summary>Waits for a response of the coordinator.</summary>
    internal T Call<T>(Func<ValueTask<T>> request, string what)
    {
        client.IsBusy = true;
        T result = World.Await(request(), what);
        client.IsBusy = false;
        return result;
    }
}
