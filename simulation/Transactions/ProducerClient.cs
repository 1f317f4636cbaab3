using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// A producer: its requests and their responses. A remote producer keeps this state over
/// crashes of the broker; an embedded one ends with the broker's process.
/// </summary>
/// <param name="name">The name of its actor.</param>
/// <param name="transactionalId">The transactional id, which another client may share;
/// null for a producer that is only idempotent.</param>
/// <param name="version">The version of the transaction protocol.</param>
/// <param name="isEmbedded">True if the producer is in the broker's process.</param>
internal sealed class ProducerClient(string name, string? transactionalId, TransactionVersion version, bool isEmbedded = false)
{
    private const int MostRetried = 5;
    private readonly Dictionary<int, int> _sequences = [];
    private readonly Dictionary<int, List<AppendedBatch>> _sent = [];

    internal string Name { get; } = name;

    internal string? TransactionalId { get; } = transactionalId;

    internal TransactionVersion Version { get; } = version;

    /// <summary>True if it is in the broker's process and ends with it.</summary>
    internal bool IsEmbedded { get; } = isEmbedded;

    /// <summary>
    /// Acks of its records and offsets. Embedded transactional producers use acks=1,
    /// because the end of a transaction flushes the log. So does one idempotent producer,
    /// so that a power loss can lose records that were read.
    /// </summary>
    internal Acks Acks { get; } = isEmbedded || (transactionalId is null && name.EndsWith('1')) ? Acks.Leader : Acks.All;

    internal string Group => $"group-{TransactionalId}";

    /// <summary>The producer id; -1 for none.</summary>
    internal long ProducerId { get; private set; } = -1;

    internal short Epoch { get; private set; } = -1;

    /// <summary>
    /// The number of its InitProducerId request for the transactional id; -1 if other
    /// requests ran at the same time.
    /// </summary>
    internal int Generation { get; private set; } = -1;

    internal int TimeoutMs { get; set; } = 60_000;

    internal SimTransaction? Current { get; set; }

    /// <summary>The batch whose response it waits for.</summary>
    internal AppendedBatch? Unanswered { get; set; }

    /// <summary>True if it waits for the response to the end of its transaction.</summary>
    internal bool IsEnding { get; set; }

    /// <summary>True if it waits for any response of the coordinator.</summary>
    internal bool IsBusy { get; set; }

    /// <summary>The previous transaction and how it was to end.</summary>
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

    /// <summary>Discards its producer id; its next operation requests a new one.</summary>
    internal void DiscardProducerId()
    {
        Take(-1, -1, -1);
        Current = null;
        Unanswered = null;
        IsEnding = false;
    }

    /// <summary>Handles the end of its process: no request of it is repeated.</summary>
    internal void EndProcess()
    {
        DiscardProducerId();
        IsBusy = false;
        Last = null;
    }
}
