using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// Executes the operations of one consumer of the scenario 'topics': reads, commits, and
/// continues at the committed offset.
/// </summary>
internal sealed class TopicsConsumer(ProcessRun run, TopicsModel model, ActorPlan plan)
{
    private readonly string _group = TopicsScenarioRun.GroupOf(plan.Name);
    private readonly Dictionary<int, long> _positions = [];

    private World World => run.World;

    private bool HadFaults => run.Owner.HadFaults;

    internal void Run()
    {
        foreach (CrashOp op in plan.Ops)
        {
            World.Step(StepPoint.Operation, op.Kind.ToString(), op.Partition);
            TopicSlot slot = model.Slot(op.Partition, out int index);
            switch (op.Kind)
            {
                case CrashOpKind.Read when slot.Candidate is { } topic:
                    Read(op, slot, topic, index % topic.Partitions.Length);
                    break;
                case CrashOpKind.Read:
                    ReadNothing(op, slot, index);
                    break;
                case CrashOpKind.CommitOffset when slot.Candidate is { } topic:
                    Commit(slot, topic, index % topic.Partitions.Length);
                    break;
                case CrashOpKind.Resume when slot.Candidate is { } topic:
                    _positions.Remove(topic.Partitions[index % topic.Partitions.Length].Number);
                    break;
                case CrashOpKind.Sleep:
                    World.Sleep(op.Ms);
                    break;
            }
        }
    }

    /// <summary>
    /// Checks that a fetch from a topic that does not exist returns no records.
    /// </summary>
    private void ReadNothing(CrashOp op, TopicSlot slot, int index)
    {
        long version = slot.Version;
        using FetchResponse response = Fetch(new TopicPartition(slot.Name, index), 0, op, topicId: null);
        if (slot.Version == version && response.Partitions[0] is { } answer && (answer.Error != ErrorCode.UnknownTopicOrPartition || answer.Records.Length > 0))
        {
            throw new SimulationFailure($"'{slot.Name}' does not exist, but a fetch returned {answer.Error} and {answer.Records.Length} bytes");
        }

        World.Probe("fetch from an unknown topic");
    }

    private void Read(CrashOp op, TopicSlot slot, TopicIncarnation topic, int index)
    {
        PartitionModel partition = topic.Partitions[index];
        bool isSettled = !slot.IsChanging;
        long version = slot.Version;
        long offset = Position(slot, topic, index);
        long knownEnd = partition.PublishedEnd;
        Guid? id = topic.Id;
        using FetchResponse response = Fetch(new TopicPartition(slot.Name, index), offset, op, id);
        FetchedPartition answer = response.Partitions[0];
        bool hasChanged = !isSettled || slot.IsChanging || slot.Version != version;
        if (hasChanged)
        {
            World.Probe("fetch during a change of its topic");
            if (id is null || answer.Error != ErrorCode.None)
            {
                return; // Without an id, the records may belong to any topic of the name.
            }
        }

        if (answer.Error is not (ErrorCode.None or ErrorCode.OffsetOutOfRange))
        {
            if (!HadFaults)
            {
                throw partition.Anomaly($"offset {offset} cannot be read: {answer.Error}");
            }

            return;
        }

        model.Retention.NoteTime(World);
        model.Retention.Explain(World, topic, partition, answer.LogStartOffset, model.Appends);
        if (answer.Error == ErrorCode.OffsetOutOfRange)
        {
            if (offset <= knownEnd && offset >= partition.StartAtMost)
            {
                throw partition.Anomaly($"a fetch from {offset} returned 'offset out of range', but the log has {partition.StartAtMost}..{knownEnd} (L4)");
            }

            World.Probe("position below the log start");
            _positions[partition.Number] = answer.LogStartOffset;
            return;
        }

        if (answer.LogStartOffset > answer.LastStableOffset || answer.LastStableOffset > answer.HighWatermark)
        {
            throw partition.Anomaly($"a fetch returned log start {answer.LogStartOffset}, last stable offset {answer.LastStableOffset}, high watermark {answer.HighWatermark} (L10)");
        }

        if (answer.HighWatermark > offset && answer.Records.Length == 0)
        {
            throw partition.Anomaly($"a fetch from {offset} returned nothing, but the high watermark is {answer.HighWatermark}");
        }

        byte[] seen = answer.Records.ToArray();
        World.Step(StepPoint.Operation, "lease held"); // Other actors delete segments and topics.
        if (!answer.Records.Span.SequenceEqual(seen))
        {
            throw partition.Anomaly($"bytes read from offset {offset} changed while they were leased (C13)");
        }

        _positions[partition.Number] = Math.Max(offset, TopicBatches.Take(World, model, topic, partition, seen, offset, "read"));
        World.Probe(seen.Length > 0 ? "records read" : "read at the end");
    }

    private void Commit(TopicSlot slot, TopicIncarnation topic, int index)
    {
        PartitionModel partition = topic.Partitions[index];
        if (!_positions.TryGetValue(partition.Number, out long position))
        {
            return;
        }

        bool isSettled = !slot.IsChanging;
        long version = slot.Version;
        GroupOffsets offsets = model.OffsetsOf(_group, partition);
        GroupOffsets.Commit commit = offsets.Begin(position);
        var name = new TopicPartition(slot.Name, index);
        IReadOnlyList<PartitionResult> answers = World.Await(run.Broker.Groups.CommitOffsetsAsync(_group, "", -1, [KeyValuePair.Create(name, new OffsetAndMetadata(position, commit.Name) { TopicId = topic.Id ?? default })]), "a commit");
        if (answers[0].Error == ErrorCode.None)
        {
            offsets.Answer(commit);
            World.Probe("offset committed");
        }
        else if (!HadFaults && isSettled && !slot.IsChanging && slot.Version == version)
        {
            throw partition.Anomaly($"'{_group}' received an unexpected error while committing {position} of {topic}: {answers[0].Error}");
        }
    }

    /// <summary>
    /// Returns its position; initially the committed offset of its group, or else the log
    /// start.
    /// </summary>
    private long Position(TopicSlot slot, TopicIncarnation topic, int index)
    {
        PartitionModel partition = topic.Partitions[index];
        if (_positions.TryGetValue(partition.Number, out long position))
        {
            return position;
        }

        position = partition.StartAtLeast;
        if (!slot.IsChanging)
        {
            OffsetFetchResult fetched = run.Broker.Groups.FetchOffsets(_group, [new TopicPartition(slot.Name, index)])[0];
            model.OffsetsOf(_group, partition).Check(fetched.Committed, partition.PublishedEnd, sawPowerLoss: false, isRestart: false);
            position = fetched.Committed?.Offset ?? position;
            World.Probe(fetched.Committed is null ? "no committed offset" : "continued at a committed offset");
        }

        return position;
    }

    private FetchResponse Fetch(TopicPartition partition, long offset, CrashOp op, Guid? topicId)
    {
        var request = new FetchRequest { Partitions = [new FetchPartition(partition, offset, Math.Max(1, op.Bytes), TopicId: topicId ?? default)], MaxWaitMs = (int)op.Ms };
        ValueTask<FetchResponse> fetching = run.Broker.FetchAsync(request);
        if (!fetching.IsCompleted)
        {
            World.Probe("fetch parked");
        }

        return World.Await(fetching, "a fetch");
    }
}
