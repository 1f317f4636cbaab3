using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// Reads all topics while no producer runs, and compares records and committed offsets
/// with the model.
/// </summary>
internal sealed class TopicsVerifier(ProcessRun run, TopicsModel model)
{
    private const int ReadBytes = 1 << 20;

    /// <summary>
    /// Checks all topics. Returns false if a partition cannot be read, which is allowed
    /// only if the disk failed in this process run.
    /// </summary>
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
        ErrorResult listed = run.Broker.ListOffsets(name, out long start, out long end);
        if (!listed.IsSuccess)
        {
            run.World.Probe("partition offline");
            return run.Owner.HadFaults ? false : throw partition.Anomaly($"it is not available after a restart: {listed.Message}");
        }

        Explain(topic, partition, start);
        for (long offset = start; offset < end;)
        {
            var request = new FetchRequest { Partitions = [new FetchPartition(name, offset, ReadBytes)], MaxWaitMs = 0 };
            using FetchResponse response = run.World.Await(run.Broker.FetchAsync(request), "a fetch");
            FetchedPartition answer = response.Partitions[0];
            if (answer.Error == ErrorCode.OffsetOutOfRange && answer.LogStartOffset > offset)
            {
                offset = start = answer.LogStartOffset; // Retention has moved the log start in the meantime.
                Explain(topic, partition, start);
                continue;
            }

            if (answer.Error != ErrorCode.None)
            {
                return run.Owner.HadFaults ? false : throw partition.Anomaly($"offset {offset} of {start}..{end} cannot be read: {answer.Error}");
            }

            long next = TopicBatches.Take(run.World, model, topic, partition, answer.Records.Span, offset, "found after a restart");
            offset = next > offset ? next : throw partition.Anomaly($"offset {offset} of {start}..{end} is missing");
        }

        partition.EndVerification(start, end, run.Number);
        return true;
    }

    private void Explain(TopicIncarnation topic, PartitionModel partition, long start)
    {
        model.Retention.NoteTime(run.World);
        model.Retention.Explain(run.World, topic, partition, start, model.Appends);
    }

    /// <summary>
    /// Checks that each group has an offset that it committed for the topic with this id,
    /// and none for a topic that does not exist.
    /// </summary>
    private void CheckOffsets(TopicSlot slot, bool isRestart)
    {
        foreach (string group in TopicsScenarioRun.Groups)
        {
            for (int i = 0; i < TopicsPlanner.MostPartitions; i++)
            {
                var name = new TopicPartition(slot.Name, i);
                OffsetAndMetadata? found = run.Broker.Groups.FetchOffsets(group, [name])[0].Committed;
                if (slot.Current is { } topic && i < topic.Partitions.Length)
                {
                    _ = run.Broker.ListOffsets(name, out _, out long end);
                    model.OffsetsOf(group, topic.Partitions[i]).Check(found, end, model.SawPowerLoss, isRestart);
                }
                else if (found is not null)
                {
                    throw new SimulationFailure($"'{group}' has the offset {found} for {name}, which does not exist");
                }
            }
        }
    }
}
