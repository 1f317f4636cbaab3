using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// Reads committed records as a consumer does; executes the other operations of its plan
/// as in the scenario 'log'.
/// </summary>
internal sealed class TransactionReader(ProcessRun run, TransactionModel model, ActorPlan plan)
{
    private readonly LogWorker _worker = new(run, model.Log, plan);
    private readonly Dictionary<int, long> _positions = [];

    internal void Run()
    {
        foreach (CrashOp op in plan.Ops)
        {
            if (op.Kind == CrashOpKind.ReadCommitted)
            {
                run.World.Step(StepPoint.Operation, op.Kind.ToString(), op.Partition);
                Read(op, model.Log.Partitions[op.Partition]);
            }
            else
            {
                _worker.Do(op);
            }
        }
    }

    private void Read(CrashOp op, PartitionModel partition)
    {
        long offset = _positions.GetValueOrDefault(op.Partition, partition.StartAtLeast);
        using FetchResponse response = Fetch(run, op.Partition, offset, Math.Max(1, op.Bytes), (int)op.Ms);
        FetchedPartition answer = response.Partitions[0];
        if (answer.Error == ErrorCode.OffsetOutOfRange)
        {
            _positions[op.Partition] = answer.LogStartOffset;
            return; // Deleted in the meantime.
        }

        if (answer.Error != ErrorCode.None && run.Owner.HadFaults)
        {
            return;
        }

        if (answer.Error != ErrorCode.None || (answer.LastStableOffset > offset && answer.Records.Length == 0))
        {
            throw partition.Anomaly($"committed records from offset {offset} cannot be read: {answer.Error}, last stable offset {answer.LastStableOffset}");
        }

        _positions[op.Partition] = Math.Max(offset, Take(partition, answer, offset, static (_, _) => { }));
        run.World.Probe("committed records read");
    }

    internal static FetchResponse Fetch(ProcessRun run, int partition, long offset, int maxBytes, int maxWaitMs)
    {
        var request = new FetchRequest { Partitions = [new FetchPartition(ProcessRun.Name(partition), offset, maxBytes)], MaxWaitMs = maxWaitMs, IsolationLevel = IsolationLevel.ReadCommitted };
        ValueTask<FetchResponse> fetching = run.Broker.FetchAsync(request);
        if (!fetching.IsCompleted)
        {
            run.World.Probe("committed fetch parked");
        }

        return run.World.Await(fetching, "a fetch of committed records");
    }

    /// <summary>
    /// Processes a response as Kafka's consumer does: skips the batches of aborted
    /// transactions from their first offset to their marker. Returned batches must be
    /// committed, skipped ones aborted. Returns the exclusive end offset.
    /// </summary>
    internal static long Take(PartitionModel partition, FetchedPartition answer, long offset, Action<AppendedBatch, bool> take)
    {
        long next = LogVerifier.Take(partition, answer.Records.Span, offset, answer.LogStartOffset, "read as committed");
        if (next > answer.LastStableOffset)
        {
            throw partition.Anomaly($"committed records from offset {offset} extend up to {next}, above the last stable offset {answer.LastStableOffset} (T1)");
        }

        if (answer.AbortedTransactions is null && answer.Records.Length > 0)
        {
            throw partition.Anomaly("a fetch returned committed records without a list of aborted transactions");
        }

        var ahead = new Queue<AbortedTransactionRange>((answer.AbortedTransactions ?? []).OrderBy(static aborted => aborted.FirstOffset));
        var aborting = new HashSet<long>();
        ReadOnlySpan<byte> bytes = answer.Records.Span;
        while (WireBatch.TryTake(ref bytes, out WireBatch batch))
        {
            while (ahead.TryPeek(out AbortedTransactionRange first) && first.FirstOffset < batch.EndOffset)
            {
                aborting.Add(ahead.Dequeue().ProducerId);
            }

            if (batch.IsControl)
            {
                _ = !batch.Marker.IsCommit && aborting.Remove(batch.ProducerId);
            }
            else if (partition.Find(batch.BaseOffset) is { } known)
            {
                bool isGiven = known.Transaction is null || !aborting.Contains(batch.ProducerId);
                known.Transaction?.Resolve(isGiven, $"{known} at offset {batch.BaseOffset} of partition {partition.Number}, {(isGiven ? "returned to" : "withheld from")} a reader of committed records from offset {offset}");
                take(known, isGiven);
            }
        }

        return next;
    }
}
