using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records.Compression;

namespace Zurau.Simulation;

/// <summary>
/// Executes the operations of one producer of the scenario 'topics' and compares every
/// response with the model.
/// </summary>
internal sealed class TopicsWorker(ProcessRun run, TopicsModel model, ActorPlan plan)
{
    private const double LostShare = 0.2;
    private readonly ProducerClient? _client = plan.Name.StartsWith("idempotent", StringComparison.Ordinal) ? model.Client(plan.Name) : null;

    private World World => run.World;

    private bool HadFaults => run.Owner.HadFaults;

    internal void Run()
    {
        Resume();
        foreach (CrashOp op in plan.Ops)
        {
            World.Step(StepPoint.Operation, op.Kind.ToString(), op.Partition);
            switch (op.Kind)
            {
                case CrashOpKind.Append:
                    Append(op);
                    break;
                case CrashOpKind.AppendMany:
                    AppendMany(op);
                    break;
                case CrashOpKind.Retry:
                    Retry(op);
                    break;
                default:
                    World.Sleep(op.Ms);
                    break;
            }
        }
    }

    /// <summary>
    /// Sends the batch again that got no response in the previous process run, if its
    /// topic is the same.
    /// </summary>
    private void Resume()
    {
        if (_client is not { } client || (client.Unanswered is null && !client.IsBusy))
        {
            return;
        }

        AppendedBatch? unanswered = client.Unanswered;
        bool hadMany = client.IsBusy;
        client.Unanswered = null;
        client.IsBusy = false;
        TopicSlot? slot = Array.Find(model.Slots, slot => slot.Current?.Partitions.Any(partition => partition.Number == unanswered?.Partition) == true);
        if (hadMany || slot is null)
        {
            client.DiscardProducerId();
            return;
        }

        int index = Array.FindIndex(slot.Current!.Partitions, partition => partition.Number == unanswered!.Partition);
        _ = run.Broker.ListOffsets(new TopicPartition(slot.Name, index), out long start, out _);
        if (unanswered!.IsLost)
        {
            return; // It is not in the log; the next batch uses its sequence number.
        }

        if (unanswered.Offset < start)
        {
            client.DiscardProducerId(); // It was or may have been deleted: the broker may have forgotten the producer.
            return;
        }

        client.Unanswered = unanswered;
        _ = End(Begin(unanswered, slot, index, Acks.All) with { IsUnknown = true }, mayFollowFailure: false);
        client.Unanswered = null;
        World.Probe("batch sent again after a crash");
    }

    private void Append(CrashOp op)
    {
        if (!TryGetIdentity())
        {
            return;
        }

        TopicSlot slot = model.Slot(op.Partition, out int index);
        AppendedBatch batch = Make(op, slot, ref index, 0);
        Acks acks = _client?.Acks ?? (Acks)op.Acks;
        Sending first = Begin(batch, slot, index, acks, isFirst: true);
        bool isSentTwice = _client is not null && op.Share < LostShare && !slot.IsChanging && slot.Version == first.Version;
        if (isSentTwice)
        {
            Sending second = Begin(batch, slot, index, acks);
            AppendResult lost = World.Await(first.Answer, "the lost acknowledgement");
            if (lost.Error == ErrorCode.None && first.Partition is not null)
            {
                first.Partition.Acknowledge(batch, lost.BaseOffset, acks == Acks.All);
            }

            World.Probe("batch sent twice");
            first = second with { IsUnknown = lost.Error == ErrorCode.None || IsUnknown(lost) };
        }

        _ = End(first, mayFollowFailure: false);
        if (_client is not null)
        {
            _client.Unanswered = null;
        }
    }

    /// <summary>
    /// Sends several batches without waiting for responses. The log must contain them in
    /// the order of sending. After the first failure, all later ones may fail.
    /// </summary>
    private void AppendMany(CrashOp op)
    {
        if (!TryGetIdentity())
        {
            return;
        }

        TopicSlot slot = model.Slot(op.Partition, out int index);
        var sent = new List<Sending>();
        int ahead = 0;
        if (_client is not null)
        {
            _client.IsBusy = true;
        }

        for (int i = 0; i < Math.Max(1, op.Count); i++)
        {
            AppendedBatch batch = Make(op with { Count = 1 + (i % 2) }, slot, ref index, ahead);
            ahead += batch.Count;
            sent.Add(Begin(batch, slot, index, _client?.Acks ?? (Acks)op.Acks, isFirst: true));
            if (sent[0].Partition != sent[^1].Partition)
            {
                break; // The name has another topic now, so its producers start again.
            }
        }

        bool hasFailed = false;
        long end = -1;
        foreach (Sending sending in sent)
        {
            bool isSame = sending.Partition == sent[0].Partition;
            long offset = End(sending, hasFailed || !isSame);
            hasFailed |= offset < 0;
            if (offset >= 0 && isSame && _client is not null && offset < end)
            {
                throw sending.Partition!.Anomaly($"nonmonotonic-send: {sending.Batch} is at offset {offset}, but the previous one ends at {end}");
            }

            end = offset >= 0 && isSame ? offset + sending.Batch.Count : end;
        }

        World.Probe("requests of one client overlap");
        if (_client is not null)
        {
            _client.IsBusy = false;
            if (hasFailed)
            {
                _client.DiscardProducerId();
            }
        }
    }

    /// <summary>
    /// Repeats a batch that was acknowledged in this process run. The response must
    /// contain its offset.
    /// </summary>
    private void Retry(CrashOp op)
    {
        TopicSlot slot = model.Slot(op.Partition, out int index);
        if (_client is null || slot.IsChanging || slot.Current is not { } topic)
        {
            return;
        }

        index %= topic.Partitions.Length;
        PartitionModel partition = topic.Partitions[index];
        AppendedBatch[] sent = [.. _client.Sent(partition.Number).Where(batch => batch.RunNumber == run.Number && batch.Offset >= partition.StartAtMost)];
        if (sent.Length > 0)
        {
            AppendedBatch batch = sent[(int)(op.Share * sent.Length)];
            _ = End(Begin(batch, slot, index, Acks.All), mayFollowFailure: false);
            World.Probe("batch retried");
        }
    }

    private bool TryGetIdentity()
    {
        if (_client is null || _client.ProducerId >= 0)
        {
            return true;
        }

        InitProducerIdResult given = run.Broker.InitProducerId();
        if (given.Error != ErrorCode.None)
        {
            return HadFaults ? false : throw new SimulationFailure($"{plan.Name} got no producer id: {given.Error} {given.Message}");
        }

        model.NoteOwner(given.ProducerId, plan.Name);
        _client.Take(given.ProducerId, given.ProducerEpoch, 0);
        return true;
    }

    /// <summary>Creates a batch for the topic that a request reaches now.</summary>
    private AppendedBatch Make(CrashOp op, TopicSlot slot, ref int index, int ahead)
    {
        PartitionModel? partition = Partition(slot, ref index);
        int codec = (int)(op.Share * 1000) % 10;
        ProducerStamp? stamp = _client is null ? null : new ProducerStamp(_client.ProducerId, _client.Epoch, _client.NextSequence(partition?.Number ?? -1) + ahead, null);
        model.Retention.NoteTime(World);
        return model.Append(partition, run.Number, op, model.Retention.NowMs + op.Ms, stamp, codec < 5 ? new BatchCompression((CompressionType)codec) : default);
    }

    private static PartitionModel? Partition(TopicSlot slot, ref int index)
    {
        TopicIncarnation? topic = slot.Candidate;
        index = topic is null ? index : index % topic.Partitions.Length;
        return topic?.Partitions[index];
    }

    private Sending Begin(AppendedBatch batch, TopicSlot slot, int index, Acks acks, bool isFirst = false)
    {
        int at = index;
        PartitionModel? partition = Partition(slot, ref at);
        bool isSettled = !slot.IsChanging;
        long version = slot.Version;
        if (_client is not null && isFirst && !_client.IsBusy)
        {
            _client.Unanswered = batch;
        }

        bool isKnown = batch.Offset >= 0;
        PartitionLog? log = run.Broker.FindLog(new TopicPartition(slot.Name, index));
        LogSegment? active = log?.Active;
        long segmentMs = log?.Settings.LongestSegmentMs ?? 0;
        return new Sending(batch, slot, partition, acks, version, isSettled, isKnown, run.Broker.AppendAsync(new TopicPartition(slot.Name, index), batch.Bytes, acks))
        {
            Active = active,
            SegmentMs = segmentMs,
        };
    }

    /// <summary>Waits for a response and checks it; returns the offset, or -1.</summary>
    private long End(Sending sending, bool mayFollowFailure)
    {
        AppendResult result = World.Await(sending.Answer, "an acknowledgement");
        (AppendedBatch batch, PartitionModel? partition) = (sending.Batch, sending.Partition);
        if (sending.Acks == Acks.None)
        {
            batch.State = AppendState.Unknown;
            return -1;
        }

        bool isKnown = sending.IsKnown;
        if (result.Error == ErrorCode.None)
        {
            if (partition is null)
            {
                throw new SimulationFailure($"{batch} was accepted for '{sending.Slot.Name}', which does not exist");
            }

            partition.Acknowledge(batch, result.BaseOffset, sending.Acks == Acks.All);
            _client?.Accept(batch);
            World.Probe("batch appended");
            if (sending.Active is { Next: not null, FirstTimestamp: >= 0 } rolled && sending.SegmentMs < batch.Timestamps.Max() - rolled.FirstTimestamp)
            {
                World.Probe("roll by time");
            }

            return result.BaseOffset;
        }

        bool isUnknown = sending.IsUnknown || IsUnknown(result);
        if (!isUnknown && !isKnown && batch.Offset >= 0)
        {
            throw partition!.Anomaly($"aborted-read: {batch} is at offset {batch.Offset}; its append was rejected: {result.Message}");
        }

        batch.State = isKnown ? batch.State : isUnknown ? AppendState.Unknown : AppendState.Rejected;
        World.Probe($"append rejected: {result.Error}");
        bool isExcused = HadFaults || mayFollowFailure || !sending.IsStill || result.Error == ErrorCode.RecordListTooLarge || (partition is null && result.Error == ErrorCode.UnknownTopicOrPartition);
        if (!isExcused)
        {
            throw partition?.Anomaly($"{plan.Name} received an unexpected error while appending {batch}: {result.Error} {result.Message}")
                ?? new SimulationFailure($"{plan.Name} received an unexpected error while appending to '{sending.Slot.Name}', which does not exist: {result.Error} {result.Message}");
        }

        // As in Kafka, the size is checked before the sequence number. After
        // segment.bytes was lowered, a batch that may be in the log is rejected.
        if (result.Error != ErrorCode.RecordListTooLarge || isUnknown || isKnown)
        {
            _client?.DiscardProducerId();
        }

        return -1;
    }

    private static bool IsUnknown(AppendResult result) => result.Message is { } message && message.Contains("was appended", StringComparison.Ordinal);

    /// <summary>A request in progress and the topic that it reached.</summary>
    private sealed record Sending(AppendedBatch Batch, TopicSlot Slot, PartitionModel? Partition, Acks Acks, long Version, bool IsSettled, bool IsKnown, ValueTask<AppendResult> Answer)
    {
        /// <summary>The active segment when the request was sent.</summary>
        public LogSegment? Active { get; init; }

        /// <summary>The time-based roll interval, in milliseconds.</summary>
        public long SegmentMs { get; init; }

        /// <summary>
        /// True if another request with the same batch may have been accepted.
        /// </summary>
        public bool IsUnknown { get; init; }

        /// <summary>
        /// True if no topic of the name was created or deleted since the request was
        /// sent.
        /// </summary>
        public bool IsStill => IsSettled && !Slot.IsChanging && Slot.Version == Version;
    }
}
