namespace Zurau.Simulation;

/// <summary>The expected state of one transaction of a run.</summary>
internal sealed class SimTransaction(int id, ProducerClient client, int run, long begunMs, int timeoutMs)
{
    internal int Id { get; } = id;

    internal ProducerClient Client { get; } = client;

    internal long ProducerId { get; } = client.ProducerId;

    internal short Epoch { get; } = client.Epoch;

    /// <summary>The process run in which it began.</summary>
    internal int RunNumber { get; } = run;

    /// <summary>A lower bound of the time at which it began.</summary>
    internal long BegunMs { get; } = begunMs;

    internal int TimeoutMs { get; } = timeoutMs;

    /// <summary>The partitions that its producer has added with a request.</summary>
    internal HashSet<TopicPartition> Added { get; } = [];

    internal List<AppendedBatch> Batches { get; } = [];

    /// <summary>
    /// The order in which committed transactions of one transactional id were committed;
    /// 0 before the first response.
    /// </summary>
    internal int Order { get; set; }

    /// <summary>
    /// True if adding a partition or a group was requested. The transaction may then have
    /// begun, even without a response.
    /// </summary>
    internal bool IsAddRequested { get; set; }

    /// <summary>True if offsets were sent with it.</summary>
    internal bool HasOffsets { get; set; }

    internal bool AreOffsetsAcknowledged { get; set; }

    /// <summary>
    /// True if the power was lost, or the disk failed, since it began. Later changes of
    /// its transactional id may be lost in one log and kept in the other, so the epoch of
    /// the id may be higher when the transaction is aborted.
    /// </summary>
    internal bool SawPowerLoss { get; set; }

    /// <summary>
    /// The offset that it sent for the first partition; lowered to the end of that log if
    /// a later startup found a lower end.
    /// </summary>
    internal long Offset { get; set; }

    /// <summary>
    /// True if one of its requests was rejected. It can then only be aborted.
    /// </summary>
    internal bool HasFailed { get; set; }

    internal bool IsCommitRequested { get; set; }

    /// <summary>
    /// Its outcome; null while it is unknown. A known outcome never changes.
    /// </summary>
    internal bool? IsCommitted { get; private set; }

    /// <summary>True if its producer knows of no request that reached the broker.</summary>
    internal bool IsEmpty => Batches.Count == 0 && Added.Count == 0 && !IsAddRequested && !HasOffsets;

    /// <summary>Sets its outcome; fails if another one is known.</summary>
    internal void Resolve(bool isCommit, string how)
    {
        if (isCommit && !IsCommitRequested)
        {
            throw Anomaly($"it was committed without a request to do so: {how}");
        }

        if (IsCommitted is { } known && known != isCommit)
        {
            throw Anomaly($"{(isCommit ? "aborted, and now it is committed" : "committed, and now it is aborted")}: {how}");
        }

        IsCommitted = isCommit;
    }

    internal SimulationFailure Anomaly(string what) => new($"{this}: {what}");

    public override string ToString() => $"transaction {Id} of '{Client.TransactionalId}' (producer {ProducerId}, epoch {Epoch}, {Client.Version}, process run {RunNumber})";
}
