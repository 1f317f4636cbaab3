using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Testing.Simulation;

/// <summary>Reads all topics while nobody produces, and holds records and committed offsets against the model.</summary>
internal sealed class TopicsVerifier(Life life, TopicsModel model)
{
    private const int ReadBytes = 1 << 20;

    /// <summary>False if a partition cannot be read, which only a disk that failed in this life excuses.</summary>
    internal bool Verify(bool isRestart)
    {
        foreach (TopicSlot slot in model.Slots)
        {
            for (int i = 0; i < slot.Current?.Partitions.Length; i++)
            {
                if (!Verify(slot.Current, i))
                {
                    return false;
                }
            }

            CheckOffsets(slot, isRestart);
        }

        model.EndVerification();
        return true;
    }

    private bool Verify(TopicIncarnation topic, int index)
    {
        PartitionModel partition = topic.Partitions[index];
        var name = new TopicPartition(topic.Name, index);
        ErrorResult listed = life.Broker.ListOffsets(name, out long start, out long end);
        if (!listed.IsSuccess)
        {
            life.World.Probe("partition offline");
            return life.Owner.HadFaults ? false : throw partition.Anomaly($"not available after a restart: {listed.Message}");
        }

        Explain(topic, partition, start);
        for (long offset = start; offset < end;)
        {
            var request = new FetchRequest { Partitions = [new FetchPartition(name, offset, ReadBytes)], MaxWaitMs = 0 };
            using FetchResponse response = life.World.Await(life.Broker.FetchAsync(request), "a fetch");
            FetchedPartition answer = response.Partitions[0];
            if (answer.Error == ErrorCode.OffsetOutOfRange && answer.LogStartOffset > offset)
            {
                offset = start = answer.LogStartOffset; // Retention has moved the start meanwhile.
                Explain(topic, partition, start);
                continue;
            }

            if (answer.Error != ErrorCode.None)
            {
                return life.Owner.HadFaults ? false : throw partition.Anomaly($"offset {offset} of {start}..{end} cannot be read: {answer.Error}");
            }

            long next = TopicBatches.Take(life.World, model, topic, partition, answer.Records.Span, offset, "found after a restart");
            offset = next > offset ? next : throw partition.Anomaly($"offset {offset} of {start}..{end} is not there");
        }

        partition.EndVerification(start, end, life.Number);
        return true;
    }

    private void Explain(TopicIncarnation topic, PartitionModel partition, long start)
    {
        model.Retention.Look(life.World);
        model.Retention.Explain(life.World, topic, partition, start, model.Appends);
    }

    /// <summary>Each group has an offset that it committed of this very topic, and none of a topic that is not there.</summary>
    private void CheckOffsets(TopicSlot slot, bool isRestart)
    {
        foreach (string group in TopicsStory.Groups)
        {
            for (int i = 0; i < TopicsPlanner.MostPartitions; i++)
            {
                var name = new TopicPartition(slot.Name, i);
                OffsetAndMetadata? found = life.Broker.FetchOffsets(group, [name])[0].Committed;
                if (slot.Current is { } topic && i < topic.Partitions.Length)
                {
                    _ = life.Broker.ListOffsets(name, out _, out long end);
                    model.OffsetsOf(group, topic.Partitions[i]).Check(found, end, model.SawPowerCut, isRestart);
                }
                else if (found is not null)
                {
                    throw new SimulationFailure($"'{group}' has the offset {found} of {name}, which does not exist");
                }
            }
        }
    }
}
