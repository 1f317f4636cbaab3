using System.Globalization;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// Creates, deletes and changes the topics of one name and deletes records; also executes
/// the faults of the machine.
/// </summary>
internal sealed class TopicsOperator(ProcessRun run, TopicsModel model, ActorPlan plan)
{
    private static readonly (string Name, string[] Values)[] s_settings =
    [
        (TopicConfigs.RetentionMs, ["-1", "30", "300", "20000"]),
        (TopicConfigs.RetentionBytes, ["-1", "300", "1500", "6000"]),
        (TopicConfigs.SegmentMs, ["10", "100", "2000"]),
        (TopicConfigs.SegmentBytes, ["700", "3000", "2147483647"]),
        (TopicConfigs.CompressionType, ["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"]),
        (TopicConfigs.FlushMessages, ["1", "7", "9223372036854775807"]),
        (TopicConfigs.MessageTimestampType, ["CreateTime", "LogAppendTime"]),
    ];

    private World World => run.World;

    private bool HadFaults => run.Owner.HadFaults;

    internal void Run()
    {
        foreach (CrashOp op in plan.Ops)
        {
            World.Step(StepPoint.Operation, op.Kind.ToString(), op.Partition);
            Do(op);
        }
    }

    internal void Do(CrashOp op)
    {
        TopicSlot slot = model.Slot(op.Partition, out int index);
        switch (op.Kind)
        {
            case CrashOpKind.CreateTopic:
                Create(op, slot);
                break;
            case CrashOpKind.DeleteTopic:
                Delete(slot);
                break;
            case CrashOpKind.RecreateTopic:
                Delete(slot);
                Create(op, slot);
                break;
            case CrashOpKind.AlterTopic when slot.Current is { } topic:
                Alter(op, topic);
                break;
            case CrashOpKind.DeleteRecords when slot.Current is { } topic:
                DeleteRecords(op, topic, index % topic.Partitions.Length);
                break;
            case CrashOpKind.CreateTopic or CrashOpKind.AlterTopic or CrashOpKind.DeleteRecords:
                break;
            case CrashOpKind.Sleep:
                World.Sleep(op.Ms);
                break;
            default:
                model.Retention.NoteTime(World);
                LogTrouble.Do(run, op);
                model.Retention.NoteTime(World);
                break;
        }
    }

    private void Create(CrashOp op, TopicSlot slot)
    {
        if (slot.Current is not null || slot.IsChanging)
        {
            return;
        }

        var random = new SimRandom((ulong)(op.Share * (1L << 40)));
        Dictionary<string, string> configs = [];
        for (int i = random.Next(4); i > 0; i--)
        {
            Draw(random, configs);
        }

        int partitions = 1 + random.Next(2);
        slot.BeginCreate(model.NewTopic(slot.Name, partitions, configs));
        ErrorResult result = run.Broker.CreateTopic(new NewTopic(slot.Name, partitions) { Configs = configs });
        slot.EndCreate(result.IsSuccess);
        if (result.IsSuccess)
        {
            _ = run.Broker.DescribeTopic(slot.Name, autoCreate: false, out TopicDescription? description);
            slot.Current!.Id = description!.TopicId;
            run.WatchTopic(slot.Name, partitions);
            World.Probe(slot.HadTopic ? "topic created again" : "topic created");
        }

        Judge(result, $"creating '{slot.Name}'");
    }

    private void Delete(TopicSlot slot)
    {
        if (slot.Current is null || slot.IsChanging)
        {
            return;
        }

        slot.BeginDelete();
        ErrorResult result = World.Await(run.Broker.DeleteTopicAsync(slot.Name), "the deletion of a topic");
        bool isFound = run.Broker.DescribeTopic(slot.Name, autoCreate: false, out _).IsSuccess;
        if (result.IsSuccess && isFound)
        {
            throw new SimulationFailure($"{slot.Current} was deleted, but can still be found");
        }

        slot.EndDelete(result.IsSuccess, isFound);
        World.Probe(result.IsSuccess ? "topic deleted" : "deletion failed");
        Judge(result, $"deleting '{slot.Name}'");
    }

    private void Alter(CrashOp op, TopicIncarnation topic)
    {
        var random = new SimRandom((ulong)(op.Share * (1L << 40)));
        var configs = new Dictionary<string, string>(topic.Configs);
        string name = Draw(random, configs);
        topic.AskConfigs(configs);
        ErrorResult result = run.Broker.AlterTopicConfigs(topic.Name, [new ConfigChange(name, configs[name])]);
        if (result.IsSuccess)
        {
            topic.SetConfigs(configs);
            World.Probe("topic altered");
        }

        Judge(result, $"altering '{topic.Name}'");
    }

    private void DeleteRecords(CrashOp op, TopicIncarnation topic, int index)
    {
        PartitionModel partition = topic.Partitions[index];
        long before = op.Share >= 0.9 ? -1 : partition.StartAtLeast + (long)(op.Share * (partition.PublishedEnd - partition.StartAtLeast));
        partition.StartAtMost = before < 0 ? long.MaxValue : Math.Max(partition.StartAtMost, before);
        ErrorResult result = run.Broker.DeleteRecords(new TopicPartition(topic.Name, index), before);
        if (result.IsSuccess)
        {
            partition.StartAtLeast = Math.Max(partition.StartAtLeast, before);
            World.Probe("records deleted");
        }

        Judge(result, $"deleting records of '{topic.Name}' before {before}");
    }

    private void Judge(ErrorResult result, string what)
    {
        if (!result.IsSuccess && !HadFaults)
        {
            throw new SimulationFailure($"{plan.Name} received an unexpected error while {what}: {result.Error} {result.Message}");
        }
    }

    private static string Draw(SimRandom random, Dictionary<string, string> configs)
    {
        (string name, string[] values) = s_settings[random.Next(s_settings.Length)];
        configs[name] = values[random.Next(values.Length)].ToString(CultureInfo.InvariantCulture);
        return name;
    }
}
