using Zurau.Engine.Records.Compression;

namespace Zurau.Simulation;

/// <summary>
/// The expected state of all topics, records and committed offsets of a run, over all
/// process runs.
/// </summary>
internal sealed class TopicsModel
{
    private readonly List<AppendedBatch> _appends = [];
    private readonly List<PartitionModel> _partitions = [];
    private readonly Dictionary<string, ProducerClient> _clients = [];
    private readonly Dictionary<(string Group, int Partition), GroupOffsets> _offsets = [];
    private readonly Dictionary<long, string> _owners = [];

    internal TopicsModel(int topics) => Slots = [.. Enumerable.Range(0, topics).Select(static number => new TopicSlot($"topic-{number}"))];

    internal TopicSlot[] Slots { get; }

    internal IReadOnlyList<AppendedBatch> Appends => _appends;

    /// <summary>Decides which records retention may have deleted.</summary>
    internal RetentionOracle Retention { get; } = new();

    /// <summary>
    /// True if the power was lost since the committed offsets were last checked.
    /// </summary>
    internal bool SawPowerLoss { get; private set; }

    internal IEnumerable<ProducerClient> Clients => _clients.Values;

    internal IEnumerable<((string Group, int Partition) Key, GroupOffsets Offsets)> Offsets => _offsets.Select(static one => (one.Key, one.Value));

    /// <summary>
    /// Returns the topic name of an operation's partition, and the index of the partition
    /// in its topic.
    /// </summary>
    internal TopicSlot Slot(int partition, out int index)
    {
        index = partition / Slots.Length;
        return Slots[partition % Slots.Length];
    }

    internal TopicIncarnation NewTopic(string name, int partitions, IReadOnlyDictionary<string, string> configs)
    {
        var models = new PartitionModel[partitions];
        for (int i = 0; i < partitions; i++)
        {
            models[i] = new PartitionModel(_partitions.Count, _appends);
            _partitions.Add(models[i]);
        }

        return new TopicIncarnation(name, configs, models);
    }

    internal AppendedBatch Append(PartitionModel? partition, int run, CrashOp op, long timestamp, ProducerStamp? producer, BatchCompression compression)
    {
        var batch = new AppendedBatch(_appends.Count, partition?.Number ?? -1, run, Math.Max(1, op.Count), op.Bytes, timestamp, producer, compression);
        _appends.Add(batch);
        Retention.Note(batch);
        return batch;
    }

    internal ProducerClient Client(string actor)
    {
        if (!_clients.TryGetValue(actor, out ProducerClient? client))
        {
            _clients[actor] = client = new ProducerClient(actor, null, TransactionVersion.V1);
        }

        return client;
    }

    internal GroupOffsets OffsetsOf(string group, PartitionModel partition)
    {
        if (!_offsets.TryGetValue((group, partition.Number), out GroupOffsets? offsets))
        {
            _offsets[(group, partition.Number)] = offsets = new GroupOffsets(group, partition);
        }

        return offsets;
    }

    /// <summary>
    /// Notes that a producer id was assigned. It must never be assigned to another
    /// producer (I9).
    /// </summary>
    internal void NoteOwner(long producerId, string owner)
    {
        if (!_owners.TryAdd(producerId, owner))
        {
            throw new SimulationFailure($"producer id {producerId} was assigned to {owner}, but belongs to {_owners[producerId]}");
        }
    }

    /// <summary>
    /// Ends the check after a startup: from now on, committed offsets must be exact.
    /// </summary>
    internal void EndVerification() => SawPowerLoss = false;

    internal void EndProcessRun(CrashKind crash)
    {
        SawPowerLoss |= crash == CrashKind.PowerLoss;
        foreach (AppendedBatch batch in _appends)
        {
            batch.State = batch.State == AppendState.Open ? AppendState.Unknown : batch.State;
        }

        foreach (PartitionModel partition in _partitions)
        {
            if (crash == CrashKind.None && partition.Crash == CrashKind.None)
            {
                partition.CloseClean(partition.PublishedEnd);
            }

            partition.Crash = partition.Crash > crash ? partition.Crash : crash;
        }

        foreach (ProducerClient client in _clients.Values.Where(client => crash == CrashKind.PowerLoss && client.Acks != Acks.All))
        {
            // The power loss may have lost acknowledged records, so the producer starts
            // with a new id.
            client.DiscardProducerId();
        }
    }
}
