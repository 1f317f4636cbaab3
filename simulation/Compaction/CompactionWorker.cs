using System.Buffers.Binary;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;

namespace Zurau.Simulation;

/// <summary>Executes the operations of one actor of the scenario 'compaction'.</summary>
internal sealed class CompactionWorker(ProcessRun run, CompactionModel model, ActorPlan plan)
{
    internal const long FirstTimestamp = 1_700_000_000_000;
    private const int Keys = 5;
    private const double TombstoneShare = 0.25;
    private readonly Dictionary<int, CompactedReader> _readers = [];
    private readonly Dictionary<int, int> _sequences = [];
    private readonly List<CompactedRecord> _open = [];
    private InitProducerIdResult _identity = new(ErrorCode.None, -1, -1);
    private bool _mustAbort; // A batch of the open transaction was rejected.

    private World World => run.World;

    internal void Run()
    {
        foreach (CrashOp op in plan.Ops)
        {
            World.Step(StepPoint.Operation, op.Kind.ToString(), op.Partition);
            switch (op.Kind)
            {
                case CrashOpKind.Append:
                    Append(op, isTransactional: false);
                    break;
                case CrashOpKind.Produce:
                    Append(op, isTransactional: true);
                    break;
                case CrashOpKind.Commit or CrashOpKind.Abort:
                    End(op.Kind == CrashOpKind.Commit);
                    break;
                case CrashOpKind.ReadCommitted:
                    Read(op);
                    break;
                case CrashOpKind.DeleteRecords:
                    DeleteRecords(op);
                    break;
                case CrashOpKind.AlterPolicy:
                    _ = Check(run.Broker.AlterTopicConfigs(CrashRun.Topic, [new ConfigChange(TopicConfigs.CleanupPolicy, op.Share < 0.3 ? "delete" : "compact,delete")]).Error, "changing the policy");
                    break;
                case CrashOpKind.Sleep:
                    World.Sleep(op.Ms);
                    break;
                default:
                    LogTrouble.Do(run, op);
                    break;
            }
        }

        End(isCommit: false);
        foreach (CompactedReader reader in _readers.Values.Where(_ => model.KeepsTombstones))
        {
            reader.ReadToEnd(1 << 20, "a reader in progress");
        }
    }

    private void Append(CrashOp op, bool isTransactional)
    {
        if (isTransactional && _identity.ProducerId < 0)
        {
            InitProducerIdResult given = World.Await(run.Broker.Transactions.InitProducerIdAsync(plan.Name, 60_000), "a producer id");
            if (!Check(given.Error, "requesting a producer id"))
            {
                return;
            }

            _identity = given;
        }

        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + (op.Count * (op.Bytes + 40))]);
        var records = new List<CompactedRecord>();
        var random = new SimRandom((ulong)(op.Share * (1L << 40)));
        Span<byte> key = stackalloc byte[sizeof(int)];
        byte[] value = new byte[op.Bytes];
        for (int i = 0; i < Math.Max(1, op.Count); i++)
        {
            CompactedRecord record = model.Add(op.Partition, random.Next(Keys), random.NextBool(TombstoneShare));
            BinaryPrimitives.WriteInt32BigEndian(key, record.Key);
            builder.Append(FirstTimestamp + record.Id, key, isKeyNull: false, record.IsTombstone ? [] : value, record.IsTombstone);
            records.Add(record);
        }

        if (isTransactional)
        {
            int sequence = _sequences.GetValueOrDefault(op.Partition);
            builder.SetProducer(_identity.ProducerId, _identity.ProducerEpoch, sequence);
            _sequences[op.Partition] = sequence + records.Count;
            _open.AddRange(records);
        }

        byte[] batch = builder.Build(isTransactional ? BatchAttributes.Transactional : BatchAttributes.None).ToArray();
        AppendResult result = World.Await(
            isTransactional
                ? run.Broker.Transactions.AppendAsync(plan.Name, ProcessRun.Name(op.Partition), batch, Acks.All)
                : run.Broker.AppendAsync(ProcessRun.Name(op.Partition), batch, Acks.All),
            "an acknowledgement");
        if (!Check(result.Error, $"appending ({result.Message})"))
        {
            _mustAbort = isTransactional;
            bool isUnknown = result.Message?.Contains("was appended", StringComparison.Ordinal) == true;
            records.ForEach(record => record.IsCommitted = isUnknown ? record.IsCommitted : false);
            return;
        }

        for (int i = 0; i < records.Count; i++)
        {
            records[i].Offset = result.BaseOffset + i;
            records[i].IsCommitted = isTransactional ? records[i].IsCommitted : true;
        }

        model.DurableEnds[op.Partition] = Math.Max(model.DurableEnds[op.Partition], result.BaseOffset + records.Count);
    }

    private void End(bool isCommit)
    {
        if (_open.Count == 0)
        {
            return;
        }

        isCommit &= !_mustAbort;
        // From now on, no reader may get aborted records.
        _open.ForEach(record => record.IsCommitted = isCommit ? record.IsCommitted : false);
        InitProducerIdResult ended = World.Await(run.Broker.Transactions.EndAsync(plan.Name, _identity.ProducerId, _identity.ProducerEpoch, isCommit, TransactionVersion.V2), "the end of a transaction");
        bool isEnded = Check(ended.Error, "ending a transaction");
        if (isEnded)
        {
            _open.ForEach(record => record.IsCommitted = isCommit);
        }

        _open.Clear();
        _sequences.Clear();
        _mustAbort = false;
        _identity = isEnded ? ended : new InitProducerIdResult(ErrorCode.None, -1, -1);
        if (!isEnded)
        {
            return;
        }

        World.Probe(isCommit ? "transaction committed" : "transaction aborted");
    }

    private void Read(CrashOp op)
    {
        if (!_readers.TryGetValue(op.Partition, out CompactedReader? reader))
        {
            _readers[op.Partition] = reader = new CompactedReader(run, model, op.Partition, model.Partitions[op.Partition].StartAtLeast);
        }

        reader.Read(Math.Max(1, op.Bytes));
        if (reader.IsOutOfRange)
        {
            _readers.Remove(op.Partition);
        }
    }

    private void DeleteRecords(CrashOp op)
    {
        CompactedPartition partition = model.Partitions[op.Partition];
        _ = run.Broker.ListOffsets(ProcessRun.Name(op.Partition), out long start, out long end);
        long before = start + (long)(op.Share * (end - start));
        if (!Check(run.Broker.DeleteRecords(ProcessRun.Name(op.Partition), before).Error, "deleting records"))
        {
            return;
        }

        partition.StartAtLeast = Math.Max(partition.StartAtLeast, before);
        World.Probe("records deleted");
    }

    /// <summary>
    /// Returns true if a request succeeded. An error is allowed only if the disk failed
    /// in this process run.
    /// </summary>
    private bool Check(ErrorCode error, string what)
    {
        if (error != ErrorCode.None && !run.Owner.HadFaults)
        {
            throw new SimulationFailure($"{plan.Name} received an unexpected error while {what}: {error}");
        }

        return error == ErrorCode.None;
    }
}
