namespace Zurau.Testing.Simulation;

/// <summary>What is known of all that the producers of a run did; it outlives the process's lives.</summary>
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
    /// The client of an actor: 'client-N' is transactional, with one of two ids, so that clients 0 and 2 fence each other; 'client-N2' speaks
    /// version 2; 'idempotent-N' has no transactions.
    /// </summary>
    internal ProducerClient Client(string actor)
    {
        if (!_clients.TryGetValue(actor, out ProducerClient? client))
        {
            bool isTransactional = actor.StartsWith("client", StringComparison.Ordinal);
            int number = actor[^1] - '0';
            client = new ProducerClient(actor, isTransactional ? $"id-{number % 2}" : null, number % 2 == 0 ? TransactionVersion.V2 : TransactionVersion.V1);
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

    internal SimTransaction Begin(ProducerClient client, int life, long nowMs)
    {
        var transaction = new SimTransaction(Transactions.Count, client, life, nowMs, client.TimeoutMs);
        Transactions.Add(transaction);
        return transaction;
    }

    /// <summary>The broker took something of a transaction.</summary>
    internal void Order(SimTransaction? transaction)
    {
        if (transaction is { Order: 0 })
        {
            transaction.Order = ++_order;
        }
    }

    /// <summary>A producer id was given away: nobody else ever has it (I9).</summary>
    internal void Own(long producerId, string owner)
    {
        if (!_owners.TryAdd(producerId, owner) && _owners[producerId] != owner)
        {
            throw new SimulationFailure($"producer id {producerId} was given to {owner}, and to {_owners[producerId]} before");
        }
    }

    /// <summary>A log was recovered up to here: nobody may stand behind it, for what comes there is new.</summary>
    internal void RecoverTo(long end)
    {
        foreach (SimTransaction transaction in Transactions)
        {
            transaction.Offset = Math.Min(transaction.Offset, end);
        }
    }

    internal void EndLife(CrashKind crash, bool hadFaults)
    {
        Log.EndLife(crash);
        if (crash == CrashKind.PowerLoss || hadFaults)
        {
            Transactions.ForEach(static transaction => transaction.SawPowerCut = true);
        }

        if (crash == CrashKind.PowerLoss)
        {
            // A power cut may take a part of what a producer has not committed yet, or not seen on disk: it begins anew, as one in the same process has to.
            foreach (ProducerClient client in _clients.Values.Where(static client => client.TransactionalId is not null || client.Acks != Acks.All))
            {
                client.GiveUp();
            }
        }

        foreach (TransactionalIdModel id in _ids.Values)
        {
            id.Waiting = 0;
        }
    }
}
