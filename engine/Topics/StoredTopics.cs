namespace Zurau.Engine.Topics;

/// <summary>What a data directory says about its topics at startup.</summary>
internal sealed class StoredTopics
{
    private readonly OffsetCheckpoints _offsets;
    private readonly IReadOnlyDictionary<string, Guid> _unknown;
    private readonly IReadOnlyDictionary<(Guid TopicId, int Partition), long> _starts;

    /// <summary>A directory without a journal.</summary>
    internal StoredTopics(IReadOnlyList<TopicDescription>? topics, string checkpoint, OffsetCheckpoints offsets)
        : this(topics, checkpoint, offsets, new Dictionary<string, Guid>(), new Dictionary<(Guid, int), long>(), hasJournal: false)
    {
    }

    /// <param name="topics">The topics; null if the directory has no list of ours.</param>
    /// <param name="checkpoint">The text of that list, without what the journal changed.</param>
    /// <param name="offsets">The offset checkpoints.</param>
    /// <param name="unknown">Topics that were created after the offset checkpoints were written: what these say of the names is of others.</param>
    /// <param name="starts">Where logs start that were moved since.</param>
    /// <param name="hasJournal">Whether there is a journal.</param>
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

    /// <summary>The topics; null if the directory has no list of ours.</summary>
    internal IReadOnlyList<TopicDescription>? Topics { get; }

    /// <summary>The text of the list, without what the journal changed.</summary>
    internal string Checkpoint { get; }

    /// <summary>Whether changes were journaled since the list was written as a whole.</summary>
    internal bool HasJournal { get; }

    /// <summary>Whether it is not known any more up to where logs were flushed before they were cleaned: that file was removed.</summary>
    internal bool IsRecoveryPointLost => _offsets.IsRecoveryPointLost;

    /// <summary>Up to where a log is flushed at least.</summary>
    internal long RecoveryPoint(TopicDescription topic, int partition) => Of(topic, partition, _offsets.RecoveryPoint);

    /// <summary>Where a log starts at least.</summary>
    internal long LogStartOffset(TopicDescription topic, int partition) =>
        Math.Max(Of(topic, partition, _offsets.LogStartOffset), _starts.GetValueOrDefault((topic.TopicId, partition)));

    /// <summary>Up to where a log was cleaned.</summary>
    internal long CleanedOffset(TopicDescription topic, int partition) => Of(topic, partition, _offsets.CleanedOffset);

    private long Of(TopicDescription topic, int partition, Func<TopicPartition, long> offset) =>
        _unknown.TryGetValue(topic.Name, out Guid id) && id == topic.TopicId ? 0 : offset(new TopicPartition(topic.Name, partition));
}
