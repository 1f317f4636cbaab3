using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// Executes the operations of one actor and compares every response with the model.
/// </summary>
internal sealed class LogWorker(ProcessRun run, LogModel model, ActorPlan plan)
{
    private readonly Dictionary<int, long> _positions = [];

    internal bool AllAcknowledged { get; private set; } = true;

    internal string? LastError { get; private set; }

    private World World => run.World;

    internal void Run()
    {
        foreach (CrashOp op in plan.Ops)
        {
            Do(op);
        }
    }

    internal void Do(CrashOp op)
    {
        World.Step(StepPoint.Operation, op.Kind.ToString(), op.Partition);
        PartitionModel partition = model.Partitions[op.Partition];
        switch (op.Kind)
        {
            case CrashOpKind.Append:
                Append(op, partition);
                break;
            case CrashOpKind.Read:
                Read(op, partition, _positions.GetValueOrDefault(op.Partition, partition.StartAtLeast));
                break;
            case CrashOpKind.Seek:
                Read(op, partition, (long)(op.Share * partition.PublishedEnd));
                break;
            case CrashOpKind.Lookup:
                Lookup(op, partition);
                break;
            case CrashOpKind.DeleteRecords:
                DeleteRecords(op, partition);
                break;
            case CrashOpKind.Sleep:
                World.Sleep(op.Ms);
                break;
            default:
                LogTrouble.Do(run, op, model);
                break;
        }
    }

    private void Append(CrashOp op, PartitionModel partition)
    {
        long now = World.Time.GetUtcNow().ToUnixTimeMilliseconds() + op.Ms;
        AppendedBatch batch = model.Append(op.Partition, run.Number, Math.Max(1, op.Count), op.Bytes, now);
        AppendResult result = World.Await(run.Broker.AppendAsync(ProcessRun.Name(op.Partition), batch.Bytes, (Acks)op.Acks), "an acknowledgement");
        if (result.Error == ErrorCode.None && op.Acks != 0)
        {
            partition.Acknowledge(batch, result.BaseOffset, isDurable: op.Acks == -1);
            partition.NoteEpoch(batch, result.BaseOffset, run.Broker.FindLog(ProcessRun.Name(op.Partition))!.LeaderEpoch);
            return;
        }

        if (op.Acks == 0)
        {
            batch.State = AppendState.Unknown;
            return;
        }

        AllAcknowledged = false;
        LastError = result.Message;
        bool isRejected = result.Message is null || !result.Message.Contains("was appended", StringComparison.Ordinal);
        if (isRejected && batch.Offset >= 0)
        {
            throw partition.Anomaly($"aborted-read: {batch} is at offset {batch.Offset}; its append was rejected: {result.Message}");
        }

        batch.State = isRejected ? AppendState.Rejected : AppendState.Unknown;
        World.Probe(isRejected ? "append rejected" : "append unknown");
        if (!run.Owner.HadFaults && !partition.IsDamaged && result.Error != ErrorCode.RecordListTooLarge)
        {
            throw partition.Anomaly($"an append failed on a disk without faults: {result.Error} {result.Message}");
        }
    }

    private void Read(CrashOp op, PartitionModel partition, long offset)
    {
        long knownEnd = partition.PublishedEnd;
        var request = new FetchRequest { Partitions = [new FetchPartition(ProcessRun.Name(op.Partition), offset, Math.Max(1, op.Bytes))], MaxWaitMs = (int)op.Ms };
        ValueTask<FetchResponse> fetching = run.Broker.FetchAsync(request);
        if (!fetching.IsCompleted)
        {
            World.Probe("fetch parked");
        }

        World.ParkedReaders++;
        using FetchResponse response = World.Await(fetching, "a fetch");
        World.ParkedReaders--;
        FetchedPartition answer = response.Partitions[0];
        if (answer.Error == ErrorCode.OffsetOutOfRange)
        {
            if (offset <= knownEnd && offset >= partition.StartAtMost)
            {
                throw partition.Anomaly($"a fetch from {offset} returned 'offset out of range', but the log has {partition.StartAtMost}..{knownEnd} (L4)");
            }

            _positions.Remove(op.Partition);
            return;
        }

        if (answer.Error != ErrorCode.None)
        {
            if (!run.Owner.HadFaults && !partition.IsDamaged)
            {
                throw partition.Anomaly($"offset {offset} cannot be read: {answer.Error}");
            }

            return;
        }

        if (answer.LogStartOffset > answer.LastStableOffset || answer.LastStableOffset > answer.HighWatermark)
        {
            throw partition.Anomaly($"a fetch returned log start {answer.LogStartOffset}, last stable offset {answer.LastStableOffset}, high watermark {answer.HighWatermark} (L10)");
        }

        if (answer.HighWatermark > offset && answer.Records.Length == 0 && !partition.IsDamaged)
        {
            throw partition.Anomaly($"a fetch from {offset} returned nothing, but the high watermark is {answer.HighWatermark}");
        }

        long next = LogVerifier.Take(partition, answer.Records.Span, offset, answer.LogStartOffset, "read");
        if (next > answer.HighWatermark)
        {
            throw partition.Anomaly($"a fetch from {offset} returned records up to {next}, above the high watermark {answer.HighWatermark} (L3)");
        }

        // The lease is valid while others append, roll and delete.
        World.Step(StepPoint.Operation, "lease held");
        LogVerifier.Take(partition, answer.Records.Span, offset, answer.LogStartOffset, "read again under its lease");
        _positions[op.Partition] = Math.Max(next, offset);
    }

    private void Lookup(CrashOp op, PartitionModel partition)
    {
        AppendedBatch[] known = [.. partition.Known];
        if (known.Length == 0 || partition.IsDamaged)
        {
            return;
        }

        long timestamp = known[(int)(op.Share * known.Length)].Timestamps[0];
        long startBefore = partition.StartAtMost;
        long wantedAtMost = partition.FindByTime(timestamp, startBefore);
        ListedOffset found = run.Broker.ListOffset(ProcessRun.Name(op.Partition), timestamp);
        bool isLate = wantedAtMost >= 0 && partition.StartAtMost == startBefore && (found.Offset > wantedAtMost || found.Offset < 0);
        if (found.Error == ErrorCode.None && (isLate || (found.Offset >= 0 && found.Timestamp < timestamp)))
        {
            throw partition.Anomaly($"the first record at or after time {timestamp} is at offset {wantedAtMost} or before, but the lookup returned {found} (L12)");
        }
    }

    private void DeleteRecords(CrashOp op, PartitionModel partition)
    {
        long before = op.Share >= 1 ? -1 : partition.StartAtLeast + (long)(op.Share * (partition.PublishedEnd - partition.StartAtLeast));
        partition.StartAtMost = before < 0 ? long.MaxValue : Math.Max(partition.StartAtMost, before);
        ErrorResult result = run.Broker.DeleteRecords(ProcessRun.Name(op.Partition), before);
        if (result.IsSuccess)
        {
            _ = run.Broker.ListOffsets(ProcessRun.Name(op.Partition), out long start, out _);
            partition.StartAtLeast = Math.Max(partition.StartAtLeast, before < 0 ? 0 : before);
            World.Probe(start > 0 ? "records deleted" : "nothing to delete");
        }
        else if (!run.Owner.HadFaults && !partition.IsDamaged)
        {
            throw partition.Anomaly($"deleting records before {before} failed: {result.Message}");
        }
    }
}
