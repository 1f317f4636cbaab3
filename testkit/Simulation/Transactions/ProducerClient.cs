using Zurau.Engine.Common;

namespace Zurau.Testing.Simulation;

/// <summary>A producer that outlives the broker's crashes, as one on another machine does: what it has sent and what it was answered.</summary>
/// <param name="name">Its actor's name.</param>
/// <param name="transactionalId">Its transactional id, which another client may have too; null for a producer that is only idempotent.</param>
/// <param name="version">The protocol of its transactions.</param>
internal sealed class ProducerClient(string name, string? transactionalId, TransactionVersion version)
{
    private const int MostRetried = 5;
    private readonly Dictionary<int, int> _sequences = [];
    private readonly Dictionary<int, List<AppendedBatch>> _sent = [];

    internal string Name { get; } = name;

    internal string? TransactionalId { get; } = transactionalId;

    internal TransactionVersion Version { get; } = version;

    /// <summary>One of those without transactions does not wait for the disk, so that a power cut takes what others have read.</summary>
    internal Acks Acks { get; } = transactionalId is null && name.EndsWith('1') ? Acks.Leader : Acks.All;

    internal string Group => $"group-{TransactionalId}";

    /// <summary>-1 while it has none.</summary>
    internal long ProducerId { get; private set; } = -1;

    internal short Epoch { get; private set; } = -1;

    /// <summary>Which of its transactional id's identities it has; -1 where others may have asked at the same time.</summary>
    internal int Generation { get; private set; } = -1;

    internal int TimeoutMs { get; set; } = 60_000;

    internal SimTransaction? Current { get; set; }

    /// <summary>The batch whose answer it waits for.</summary>
    internal AppendedBatch? Doubtful { get; set; }

    /// <summary>Whether it waits for the answer to the end of its transaction.</summary>
    internal bool IsEnding { get; set; }

    /// <summary>Whether it waits for any answer of the coordinator.</summary>
    internal bool IsBusy { get; set; }

    /// <summary>The transaction before, and how it asked to end it.</summary>
    internal (SimTransaction Transaction, bool IsCommit)? Last { get; set; }

    internal int NextSequence(int partition) => _sequences.GetValueOrDefault(partition);

    /// <summary>The last batches that may be sent again to a partition.</summary>
    internal IReadOnlyList<AppendedBatch> Sent(int partition) => _sent.GetValueOrDefault(partition) ?? [];

    internal void Take(long producerId, short epoch, int generation)
    {
        if (producerId != ProducerId || epoch != Epoch)
        {
            _sequences.Clear();
            _sent.Clear();
        }

        ProducerId = producerId;
        Epoch = epoch;
        Generation = generation;
    }

    internal void Accept(AppendedBatch batch)
    {
        ProducerStamp stamp = batch.Producer!;
        if (stamp.ProducerId != ProducerId || stamp.Epoch != Epoch || stamp.Sequence < NextSequence(batch.Partition))
        {
            return;
        }

        _sequences[batch.Partition] = stamp.Sequence + batch.Count;
        if (!_sent.TryGetValue(batch.Partition, out List<AppendedBatch>? sent))
        {
            _sent[batch.Partition] = sent = [];
        }

        sent.Add(batch);
        if (sent.Count > MostRetried)
        {
            sent.RemoveAt(0);
        }
    }

    /// <summary>It cannot go on with what it has; its next operation asks for an identity.</summary>
    internal void GiveUp()
    {
        Take(-1, -1, -1);
        Current = null;
        Doubtful = null;
        IsEnding = false;
    }
}
