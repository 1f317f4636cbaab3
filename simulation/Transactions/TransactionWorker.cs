using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>Executes the operations of one producer and checks every response.</summary>
internal sealed class TransactionWorker(ProcessRun run, TransactionModel model, ProducerClient client, ActorPlan plan)
{
    private const double LostShare = 0.2;
    private readonly ProducerRequests _requests = new(run, client);

    private World World => run.World;

    /// <summary>True if the disk failed in this run: then any request may fail.</summary>
    private bool HadFaults => run.Owner.HadFaults;

    private BrokerTransactions Transactions => run.Broker.Transactions;

    internal void Run()
    {
        Resume();
        foreach (CrashOp op in plan.Ops)
        {
            World.Step(StepPoint.Operation, op.Kind.ToString(), op.Partition);
            switch (op.Kind)
            {
                case CrashOpKind.Init:
                    Init(op.Share < 0.5, (int)op.Ms);
                    break;
                case CrashOpKind.Produce:
                    Produce(op);
                    break;
                case CrashOpKind.Retry:
                    Retry(op);
                    break;
                case CrashOpKind.SendOffsets:
                    SendOffsets();
                    break;
                case CrashOpKind.Commit or CrashOpKind.Abort:
                    End(op.Kind == CrashOpKind.Commit, op.Share < LostShare);
                    break;
                case CrashOpKind.EndAgain:
                    EndAgain();
                    break;
                case CrashOpKind.ProduceLate:
                    ProduceLate(op);
                    break;
                default:
                    World.Sleep(op.Ms);
                    break;
            }
        }
    }

    /// <summary>Repeats the request that the previous run left unanswered.</summary>
    private void Resume()
    {
        AppendedBatch? unanswered = client.Unanswered;
        client.Unanswered = null;
        client.IsBusy = false;
        if (client.IsEnding)
        {
            End(client.Last!.Value.IsCommit, isAnswerLost: false);
        }
        else if (unanswered is { IsLost: false })
        {
            _ = run.Broker.ListOffsets(ProcessRun.Name(unanswered.Partition), out long start, out _);
            if (unanswered.Offset < start)
            {
                client.DiscardProducerId(); // It was or may have been deleted: the broker may have forgotten it.
                return;
            }

            Send(unanswered, isAnswerLost: false);
        }
    }

    private void Init(bool bumps, int timeoutMs)
    {
        if (client.TransactionalId is not { } transactionalId)
        {
            InitProducerIdResult given = run.Broker.InitProducerId();
            Allow(given.Error, HadFaults, "requesting a producer id");
            if (given.Error != ErrorCode.None)
            {
                return;
            }

            model.NoteOwner(given.ProducerId, client.Name);
            client.Take(given.ProducerId, given.ProducerEpoch, 0);
            return;
        }

        bumps &= client.ProducerId >= 0;
        bool mustBump = MustSucceed(client.Current);
        (long producerId, short epoch) = bumps ? (client.ProducerId, client.Epoch) : (-1L, (short)-1);
        // After the request, the old producer id is not used any more, with or without a
        // response.
        client.DiscardProducerId();
        client.TimeoutMs = timeoutMs > 0 ? timeoutMs : client.TimeoutMs;
        TransactionalIdModel id = model.Id(transactionalId);
        (long, short) before = id.Newest;
        int generation = id.BeginRequest();
        InitProducerIdResult result = _requests.RepeatUntilCompleted(() => Transactions.InitProducerIdAsync(transactionalId, client.TimeoutMs, producerId, epoch));
        id.Waiting--;
        if (result.Error != ErrorCode.None && bumps)
        {
            Allow(result.Error, HadFaults || !mustBump || id.Requests != generation, $"requesting the epoch after {epoch} of producer {producerId}");
            Init(bumps: false, timeoutMs);
            return;
        }

        Allow(result.Error, HadFaults, $"requesting the producer id of '{transactionalId}'");
        if (result.Error != ErrorCode.None)
        {
            return;
        }

        model.NoteOwner(result.ProducerId, transactionalId);
        id.EndRequest(result.ProducerId, result.ProducerEpoch, before);
        client.Take(result.ProducerId, result.ProducerEpoch, id.Requests == generation ? generation : -1);
        CheckNothingPending();
    }

    /// <summary>Checks that no offset is pending after a new epoch (T14).</summary>
    private void CheckNothingPending()
    {
        if (!HadFaults && client.Generation >= 0 && IsOnlyRequester() && run.Broker.Groups.FetchOffsets(client.Group, [ProcessRun.Name(0)], requireStable: true)[0].Error == ErrorCode.UnstableOffsetCommit)
        {
            throw new SimulationFailure($"'{client.TransactionalId}' has a new producer epoch, but offsets of '{client.Group}' are still pending (T14)");
        }
    }

    private void Produce(CrashOp op)
    {
        if (!TryBegin(out SimTransaction? transaction))
        {
            return;
        }

        TopicPartition partition = ProcessRun.Name(op.Partition);
        if (transaction is not null && client.Version == TransactionVersion.V1 && !transaction.Added.Contains(partition))
        {
            transaction.IsAddRequested = true;
            ErrorCode added = _requests.Call(() => Transactions.AddPartitionsAsync(client.TransactionalId!, client.ProducerId, client.Epoch, [partition], client.Version), "an added partition");
            if (added != ErrorCode.None)
            {
                Fail(transaction, added, $"adding {partition}");
                return;
            }

            transaction.Added.Add(partition);
        }

        AppendedBatch batch = Make(op, transaction);
        transaction?.Batches.Add(batch);
        Send(batch, op.Share < LostShare);
    }

    /// <summary>Sends a batch; sends it twice at once if its response is lost.</summary>
    private void Send(AppendedBatch batch, bool isAnswerLost)
    {
        PartitionModel partition = model.Log.Partitions[batch.Partition];
        SimTransaction? transaction = batch.Transaction;
        client.Unanswered = batch;
        bool isFenced = client.TransactionalId is { } transactionalId && model.Id(transactionalId).Newest.CompareTo((client.ProducerId, client.Epoch)) > 0;
        bool isKnown = batch.Offset >= 0;
        ValueTask<AppendResult> lost = isAnswerLost ? _requests.Append(batch) : new ValueTask<AppendResult>(AppendResult.Failed(ErrorCode.None, ""));
        AppendResult result = World.Await(_requests.Append(batch), "an acknowledgement");
        AppendResult first = World.Await(lost, "the lost acknowledgement");
        result = isAnswerLost && first.Error == ErrorCode.None ? first : result;
        client.Unanswered = null;
        if (result.Error != ErrorCode.None)
        {
            bool isUnknown = HadFaults && (IsUnknown(result) || IsUnknown(first));
            if (!isKnown && !isUnknown && batch.Offset >= 0)
            {
                throw partition.Anomaly($"aborted-read: {batch} is at offset {batch.Offset}; its append was rejected: {result.Message}");
            }

            batch.State = isKnown ? batch.State : isUnknown ? AppendState.Unknown : AppendState.Rejected;
            if (result.Error == ErrorCode.RecordListTooLarge)
            {
                World.Probe("batch too large"); // The batch has no effect; the transaction continues (T12).
                if (isKnown)
                {
                    client.Accept(batch); // The previous process run had larger segments.
                }

                return;
            }

            Fail(transaction, result.Error, $"appending {batch} to partition {batch.Partition} ({result.Message})");
            return;
        }

        if (isFenced && !isKnown)
        {
            throw partition.Anomaly($"{batch} was accepted from a producer with epoch {client.Epoch}, but {model.Id(client.TransactionalId!).Newest} was assigned before it was sent");
        }

        partition.Acknowledge(batch, result.BaseOffset, isDurable: client.Acks == Acks.All);
        client.Accept(batch);
        model.Order(transaction);
        World.Probe(isAnswerLost ? "batch sent twice" : isKnown ? "batch sent again after a crash" : "batch produced");
    }

    /// <summary>True if a batch is in the log although its append failed.</summary>
    private static bool IsUnknown(AppendResult result) => result.Message is { } message && message.Contains("was appended", StringComparison.Ordinal);

    private void Retry(CrashOp op)
    {
        IReadOnlyList<AppendedBatch> sent = client.Sent(op.Partition);
        if (sent.Count == 0)
        {
            return;
        }

        AppendedBatch batch = sent[(int)(op.Share * sent.Count)];
        Acks acks = client.IsEmbedded ? client.Acks : Acks.All;
        AppendResult result = World.Await(run.Broker.AppendAsync(ProcessRun.Name(batch.Partition), batch.Bytes, acks), "an acknowledgement of a retry");
        if (result.Error == ErrorCode.None)
        {
            model.Log.Partitions[batch.Partition].Acknowledge(batch, result.BaseOffset, isDurable: acks == Acks.All);
            World.Probe(batch.RunNumber == run.Number ? "batch retried" : "batch retried after a crash");
            return;
        }

        // After a restart, the last batch is known if it was durable and not deleted
        // (I1); earlier ones only if they are near the end.
        _ = run.Broker.ListOffsets(ProcessRun.Name(batch.Partition), out long start, out _);
        bool isKnown = batch.RunNumber == run.Number || (client.Acks == Acks.All && batch.Transaction is null && batch == sent[^1] && batch.Offset >= start);
        bool wasLarger = result.Error == ErrorCode.RecordListTooLarge && batch.RunNumber != run.Number; // The previous process run had larger segments.
        Allow(result.Error, HadFaults || wasLarger || !IsOnlyRequester() || !isKnown || !MustSucceed(batch.Transaction), $"sending {batch} again ({result.Message})");
    }

    private void SendOffsets()
    {
        if (client.TransactionalId is not { } transactionalId || !TryBegin(out SimTransaction? transaction))
        {
            return;
        }

        if (client.Version == TransactionVersion.V1)
        {
            transaction!.IsAddRequested = true;
            ErrorCode added = _requests.Call(() => Transactions.AddOffsetsAsync(transactionalId, client.ProducerId, client.Epoch, client.Group, client.Version), "added offsets");
            if (added != ErrorCode.None)
            {
                Fail(transaction, added, "adding offsets");
                return;
            }
        }

        transaction!.HasOffsets = true;
        TopicPartition partition = ProcessRun.Name(0);
        _ = run.Broker.ListOffsets(partition, out _, out long end);
        transaction.Offset = end;
        KeyValuePair<TopicPartition, OffsetAndMetadata>[] offsets = [KeyValuePair.Create(partition, new OffsetAndMetadata(end, TransactionVerifier.Name(transaction)))];
        IReadOnlyList<PartitionResult> answers = _requests.Call(() => Transactions.CommitOffsetsAsync(transactionalId, client.ProducerId, client.Epoch, client.Group, "", -1, offsets, client.Version, client.Acks), "sent offsets");
        if (answers[0].Error != ErrorCode.None)
        {
            Fail(transaction, answers[0].Error, "sending offsets");
            return;
        }

        transaction.AreOffsetsAcknowledged = true;
        model.Order(transaction);
        World.Probe("offsets sent");
        if (MustSucceed(transaction) && run.Broker.Groups.FetchOffsets(client.Group, [partition], requireStable: true)[0].Error != ErrorCode.UnstableOffsetCommit)
        {
            throw transaction.Anomaly("its offsets are pending, but were returned as stable (T14)");
        }

        if (TransactionVerifier.CommittedBy(run.Broker, client.Group) == TransactionVerifier.Name(transaction) && MustSucceed(transaction))
        {
            throw transaction.Anomaly("its offsets are committed, but it is open (T14)");
        }
    }

    private void End(bool isCommit, bool isAnswerLost)
    {
        if (client.Current is not { } transaction || (transaction.IsEmpty && !client.IsEnding))
        {
            client.Current = null;
            return;
        }

        isCommit &= (transaction.Order > 0 && !transaction.HasFailed) || client.IsEnding;
        transaction.IsCommitRequested |= isCommit;
        client.Last = (transaction, isCommit);
        client.IsEnding = true;
        ValueTask<InitProducerIdResult> lost = isAnswerLost ? _requests.End(transaction, isCommit) : default;
        InitProducerIdResult result = _requests.RepeatUntilCompleted(() => _requests.End(transaction, isCommit));
        InitProducerIdResult first = isAnswerLost ? World.Await(lost, "the lost response of EndTxn") : result;
        client.IsEnding = false;
        result = first.Error == ErrorCode.None ? first : result;
        if (result.Error != ErrorCode.None)
        {
            bool isRejectedCommit = isCommit && result.Error == ErrorCode.TransactionAbortable;
            bool isUnknown = (transaction.Order == 0 || HadFaults) && result.Error == ErrorCode.InvalidTxnState; // Possibly no request of it reached the broker.
            Fail(transaction, result.Error, isCommit ? "committing" : "aborting", isUnknown);
            if (isRejectedCommit)
            {
                World.Probe("commit rejected after a crash");
                End(isCommit: false, isAnswerLost: false);
            }

            return;
        }

        transaction.Resolve(isCommit, "the request to end it succeeded");
        World.Probe($"{(client.IsEmbedded ? "embedded " : "")}transaction {(isCommit ? "committed" : "aborted")}");
        client.Current = null;
        if (client.ProducerId == transaction.ProducerId && client.Epoch == transaction.Epoch)
        {
            client.Take(result.ProducerId, result.ProducerEpoch, client.Generation);
        }

        if (!HadFaults)
        {
            TransactionVerifier.CheckOffsets(run.Broker, model, client);
        }
    }

    /// <summary>Sends the last EndTxn request again. It must have no effect.</summary>
    private void EndAgain()
    {
        if (client.Last is not { } last || client.IsEnding || (client.Version == TransactionVersion.V1 && !HasEpochOf(last.Transaction)))
        {
            return;
        }

        InitProducerIdResult result = _requests.RepeatUntilCompleted(() => _requests.End(last.Transaction, last.IsCommit));
        World.Probe(client.Current is null ? "ended again" : "ended again in the next transaction");
        if (result.Error == ErrorCode.None)
        {
            last.Transaction.Resolve(last.IsCommit, "the repeated request to end it succeeded");
        }
    }

    /// <summary>Sends a batch of an ended transaction; it must be rejected.</summary>
    private void ProduceLate(CrashOp op)
    {
        if (client.Last is not { } last || client.IsEnding || client.Current is not null || last.Transaction.IsCommitted is null
            || (client.Version == TransactionVersion.V1 && !HasEpochOf(last.Transaction)) || ((client.Version == TransactionVersion.V1 || HadFaults) && IsMarkerPending(op.Partition, last.Transaction)))
        {
            return;
        }

        SimTransaction ended = last.Transaction;
        int sequence = client.Epoch == ended.Epoch ? client.NextSequence(op.Partition) : ended.Batches.Where(batch => batch.Partition == op.Partition).Sum(static batch => batch.Count);
        AppendedBatch batch = model.Log.Append(op.Partition, run.Number, 1, op.Bytes, NowOfRecords, new ProducerStamp(ended.ProducerId, ended.Epoch, sequence, ended));
        AppendResult result = World.Await(run.Broker.AppendAsync(ProcessRun.Name(op.Partition), batch.Bytes, Acks.All), "an acknowledgement of a late batch");
        batch.State = AppendState.Rejected;
        World.Probe("late batch");
        if (result.Error == ErrorCode.None)
        {
            throw ended.Anomaly($"it has ended, but a late batch was accepted at offset {result.BaseOffset} of partition {op.Partition} (T4)");
        }
    }

    /// <summary>Ensures an open transaction; false if it can only be aborted.</summary>
    private bool TryBegin(out SimTransaction? transaction)
    {
        if (client.ProducerId < 0)
        {
            Init(bumps: false, timeoutMs: 0);
        }

        bool hasIdentity = client.ProducerId >= 0; // A disk fault may have prevented it.
        transaction = client.TransactionalId is null || !hasIdentity ? null : client.Current ??= model.Begin(client, run.Number, World.NowMs);
        return hasIdentity && transaction is not { HasFailed: true };
    }

    private AppendedBatch Make(CrashOp op, SimTransaction? transaction) => model.Log.Append(
        op.Partition,
        run.Number,
        Math.Max(1, op.Count),
        op.Bytes,
        NowOfRecords,
        new ProducerStamp(client.ProducerId, client.Epoch, client.NextSequence(op.Partition), transaction));

    private long NowOfRecords => World.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>True if the client still has the epoch of a transaction.</summary>
    private bool HasEpochOf(SimTransaction last) => client.Current is null && client.ProducerId == last.ProducerId && client.Epoch == last.Epoch;

    /// <summary>True if a disk fault delays the marker: the partition then accepts a batch.</summary>
    private bool IsMarkerPending(int partition, SimTransaction ended) => run.Broker.Transactions.DescribeProducers(ProcessRun.Name(partition)) is { } producers
        && producers.Any(producer => producer.ProducerId == ended.ProducerId && producer.TransactionStartOffset >= 0);

    /// <summary>True if no other client has requested a producer id since.</summary>
    private bool IsOnlyRequester() => client.TransactionalId is null || (client.Generation >= 0 && model.Id(client.TransactionalId).Requests == client.Generation);

    /// <summary>True without other clients, disk faults and timeouts.</summary>
    private bool MustSucceed(SimTransaction? transaction) =>
        !HadFaults && IsOnlyRequester() && (transaction is null || World.NowMs - transaction.BegunMs < transaction.TimeoutMs);

    private void Fail(SimTransaction? transaction, ErrorCode error, string what, bool isAllowed = false)
    {
        Allow(error, isAllowed || !MustSucceed(transaction), what);
        World.Probe($"producer rejected: {error}");
        if (transaction is not null && error == ErrorCode.TransactionAbortable)
        {
            transaction.HasFailed = true;
            return;
        }

        client.DiscardProducerId();
    }

    private void Allow(ErrorCode error, bool isAllowed, string what)
    {
        if (error != ErrorCode.None && !isAllowed)
        {
            throw new SimulationFailure($"{client.Name} received an unexpected error while {what}: {error}; {client.Current?.ToString() ?? "no transaction"}");
        }
    }
}
