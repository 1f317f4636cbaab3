namespace Zurau.Engine.Topics;

/// <summary>
/// The topics and offsets stored in a data directory, as read at startup.
/// </summary>
internal sealed class StoredTopics
{
    private readonly OffsetCheckpoints _offsets;
    private readonly IReadOnlyDictionary<string, Guid> _unknown;
    private readonly IReadOnlyDictionary<(Guid TopicId, int Partition), long> _starts;

    /// <summary>Creates it for a directory without a journal.</summary>
    internal StoredTopics(IReadOnlyList<TopicDescription>? topics, string checkpoint, OffsetCheckpoints offsets)
        : this(topics, checkpoint, offsets, new Dictionary<string, Guid>(), new Dictionary<(Guid, int), long>(), hasJournal: false)
    {
    }

    /// <param name="topics">The topics; null if the directory has no list of the
    /// engine's.</param>
    /// <param name="checkpoint">The text of that list, without the journal's changes.</param>
    /// <param name="offsets">The offset checkpoints.</param>
    /// <param name="unknown">Topics created after the offset checkpoints were written:
    /// these contain offsets of earlier topics of the same names.</param>
    /// <param name="starts">Start offsets that were moved since.</param>
    /// <param name="hasJournal">Whether a journal exists.</param>
    internal StoredTopics(
        IReadOnlyList<TopicDescription>? topics,
        string checkpoint,
        OffsetCheckpoints offsets,
        IReadOnlyDictionary<string, Guid> unknown,
        IReadOnlyDictionary<(Guid TopicId, int Partition), long> starts,
        bool hasJournal)
    {
        Topics = topics;
        Checkpoint = checkpoint;
        _offsets = offsets;
        _unknown = unknown;
        _starts = starts;
        HasJournal = hasJournal;
    }

    /// <summary>The topics; null if the directory has no list of the engine's.</summary>
    internal IReadOnlyList<TopicDescription>? Topics { get; }

    /// <summary>The text of the list, without the journal's changes.</summary>
    internal string Checkpoint { get; }

    /// <summary>True if changes were journaled since the list was last written.</summary>
    internal bool HasJournal { get; }

    /// <summary>
    /// True if the recovery points of cleaned logs are unknown because their file was
    /// removed.
    /// </summary>
    internal bool IsRecoveryPointLost => _offsets.IsRecoveryPointLost;

    /// <summary>Returns the offset up to which a log is flushed at least.</summary>
    internal long RecoveryPoint(TopicDescription topic, int partition) => Of(topic, partition, _offsets.RecoveryPoint);

    /// <summary>Returns the minimum start offset of a log.</summary>
    internal long LogStartOffset(TopicDescription topic, int partition) =>
        Math.Max(Of(topic, partition, _offsets.LogStartOffset), _starts.GetValueOrDefault((topic.TopicId, partition)));

    /// <summary>Returns the offset up to which a log was cleaned.</summary>
    internal long CleanedOffset(TopicDescription topic, int partition) => Of(topic, partition, _offsets.CleanedOffset);

    private long Of(TopicDescription topic, int partition, Func<TopicPartition, long> offset) =>
        _unknown.TryGetValue(topic.Name, out Guid id) && id == topic.TopicId ? 0 : offset(new TopicPartition(topic.Name, partition));
}
