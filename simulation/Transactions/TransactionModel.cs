namespace Zurau.Simulation;

/// <summary>The expected state of all producers of a run, over all process runs.</summary>
internal sealed class TransactionModel(CrashPlan plan)
{
    private readonly Dictionary<string, ProducerClient> _clients = [];
    private readonly Dictionary<string, TransactionalIdModel> _ids = [];
    private readonly Dictionary<long, string> _owners = [];
    private int _order;

    internal LogModel Log { get; } = new(plan.Partitions);

    internal List<SimTransaction> Transactions { get; } = [];

    internal IEnumerable<ProducerClient> Clients => _clients.Values;

    /// <summary>
    /// Returns the client of an actor: 'client-N' is transactional, with one of two ids,
    /// so that clients 0 and 2 fence each other; 'embedded-N' is in the broker's process
    /// and has an id of its own; 'idempotent-N' has no transactions. Even numbers use
    /// version 2 of the protocol.
    /// </summary>
    internal ProducerClient Client(string actor)
    {
        if (!_clients.TryGetValue(actor, out ProducerClient? client))
        {
            bool isEmbedded = actor.StartsWith("embedded", StringComparison.Ordinal);
            int number = actor[^1] - '0';
            string? transactionalId = isEmbedded ? actor : actor.StartsWith("client", StringComparison.Ordinal) ? $"id-{number % 2}" : null;
            client = new ProducerClient(actor, transactionalId, number % 2 == 0 ? TransactionVersion.V2 : TransactionVersion.V1, isEmbedded);
            _clients[actor] = client;
        }

        return client;
    }

    internal TransactionalIdModel Id(string transactionalId)
    {
        if (!_ids.TryGetValue(transactionalId, out TransactionalIdModel? id))
        {
            _ids[transactionalId] = id = new TransactionalIdModel();
        }

        return id;
    }

    internal SimTransaction Begin(ProducerClient client, int run, long nowMs)
    {
        var transaction = new SimTransaction(Transactions.Count, client, run, nowMs, client.TimeoutMs);
        Transactions.Add(transaction);
        return transaction;
    }

    /// <summary>Notes that the broker accepted a part of a transaction.</summary>
    internal void Order(SimTransaction? transaction)
    {
        if (transaction is { Order: 0 })
        {
            transaction.Order = ++_order;
        }
    }

    /// <summary>
    /// Notes that a producer id was assigned. It must never be assigned to another
    /// producer (I9).
    /// </summary>
    internal void NoteOwner(long producerId, string owner)
    {
        if (!_owners.TryAdd(producerId, owner) && _owners[producerId] != owner)
        {
            throw new SimulationFailure($"producer id {producerId} was assigned to {owner}, but belongs to {_owners[producerId]}");
        }
    }

    /// <summary>
    /// Notes that a log was recovered up to an offset. No committed offset may be above
    /// it, because later records will be new.
    /// </summary>
    internal void RecoverTo(long end)
    {
        foreach (SimTransaction transaction in Transactions)
        {
            transaction.Offset = Math.Min(transaction.Offset, end);
        }
    }

    internal void EndProcessRun(CrashKind crash, bool hadFaults)
    {
        Log.EndProcessRun(crash);
        if (crash == CrashKind.PowerLoss || hadFaults)
        {
            Transactions.ForEach(static transaction => transaction.SawPowerLoss = true);
        }

        foreach (ProducerClient client in _clients.Values.Where(static client => client.IsEmbedded))
        {
            client.EndProcess();
        }

        if (crash == CrashKind.PowerLoss)
        {
            // A power loss may lose uncommitted or unflushed records of a producer, so it
            // starts with a new producer id.
            foreach (ProducerClient client in _clients.Values.Where(static client => client.TransactionalId is not null || client.Acks != Acks.All))
            {
                client.DiscardProducerId();
            }
        }

        foreach (TransactionalIdModel id in _ids.Values)
        {
            id.Waiting = 0;
        }
    }
}
