namespace Zurau.Testing.Simulation;

/// <summary>What is known of one transaction of a run.</summary>
internal sealed class SimTransaction(int id, ProducerClient client, int life, long begunMs, int timeoutMs)
{
    internal int Id { get; } = id;

    internal ProducerClient Client { get; } = client;

    internal long ProducerId { get; } = client.ProducerId;

    internal short Epoch { get; } = client.Epoch;

    /// <summary>The life in which it began.</summary>
    internal int Life { get; } = life;

    /// <summary>When it began, or a little before.</summary>
    internal long BegunMs { get; } = begunMs;

    internal int TimeoutMs { get; } = timeoutMs;

    /// <summary>The partitions that its producer has added by itself.</summary>
    internal HashSet<TopicPartition> Added { get; } = [];

    internal List<AppendedBatch> Batches { get; } = [];

    /// <summary>Transactions of one transactional id that were committed were so in this order; 0 before the first answer.</summary>
    internal int Order { get; set; }

    /// <summary>A partition or a group was about to be added: it may have begun, also where there was no answer.</summary>
    internal bool IsAddAsked { get; set; }

    /// <summary>Offsets were sent with it.</summary>
    internal bool HasOffsets { get; set; }

    internal bool AreOffsetsAcknowledged { get; set; }

    /// <summary>
    /// The power went, or the disk failed, since it began. What its id did since may be lost in one log and be there in the other, so that the id is an epoch or
    /// more ahead when it is aborted.
    /// </summary>
    internal bool SawPowerCut { get; set; }

    /// <summary>The offset of the first partition that it sent, or the end of that log at a later start, where that was lower.</summary>
    internal long Offset { get; set; }

    /// <summary>Something of it was refused: it can only be aborted.</summary>
    internal bool HasFailed { get; set; }

    /// <summary>Somebody who might asked for its commit.</summary>
    internal bool IsCommitAsked { get; set; }

    /// <summary>What became of it, once somebody knows; it never changes then.</summary>
    internal bool? IsCommitted { get; private set; }

    /// <summary>Nothing of it reached the broker, as far as its producer knows.</summary>
    internal bool IsEmpty => Batches.Count == 0 && Added.Count == 0 && !IsAddAsked && !HasOffsets;

    /// <summary>Somebody learned what became of it.</summary>
    internal void Resolve(bool isCommit, string how)
    {
        if (isCommit && !IsCommitAsked)
        {
            throw Anomaly($"committed, and nobody asked for that: {how}");
        }

        if (IsCommitted is { } known && known != isCommit)
        {
            throw Anomaly($"{(isCommit ? "aborted, and now it is committed" : "committed, and now it is aborted")}: {how}");
        }

        IsCommitted = isCommit;
    }

    internal SimulationFailure Anomaly(string what) => new($"{this}: {what}");

    public override string ToString() => $"transaction {Id} of '{Client.TransactionalId}' (producer {ProducerId}, epoch {Epoch}, {Client.Version}, life {Life})";
}
