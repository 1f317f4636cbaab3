namespace Zurau.Simulation;

/// <summary>A topic name, and the expected state of the topics that have had it.</summary>
internal sealed class TopicSlot(string name)
{
    private readonly List<TopicIncarnation> _deleted = [];

    // Created or deleted without a successful response. The next restart may find one of
    // them.
    private readonly List<TopicIncarnation> _uncertain = [];
    private TopicIncarnation? _created;

    internal string Name { get; } = name;

    /// <summary>True if a topic of the name was deleted.</summary>
    internal bool HadTopic => _deleted.Count > 0;

    /// <summary>The topic of the name; null for none.</summary>
    internal TopicIncarnation? Current { get; private set; }

    /// <summary>True while a creation or deletion is in progress.</summary>
    internal bool IsChanging { get; private set; }

    /// <summary>
    /// True after a deletion without a successful response. The next restart may not find
    /// the topic.
    /// </summary>
    internal bool IsDeleteUncertain { get; private set; }

    /// <summary>Incremented at the start and the end of every change.</summary>
    internal long Version { get; private set; }

    /// <summary>The topic that a new request may reach; null for none.</summary>
    internal TopicIncarnation? Candidate => Current ?? (IsChanging ? _created : null);

    internal void BeginCreate(TopicIncarnation created)
    {
        _created = created;
        _uncertain.Add(created);
        IsChanging = true;
        Version++;
    }

    internal void EndCreate(bool isCreated)
    {
        if (isCreated)
        {
            Current = _created;
            _uncertain.Clear();
            IsDeleteUncertain = false;
        }

        _created = null;
        IsChanging = false;
        Version++;
    }

    internal void BeginDelete()
    {
        IsDeleteUncertain = true;
        IsChanging = true;
        Version++;
    }

    /// <param name="isDeleted">True if the deletion succeeded.</param>
    /// <param name="isFound">If it did not succeed: true if the topic can still be
    /// found.</param>
    internal void EndDelete(bool isDeleted, bool isFound)
    {
        if (isDeleted)
        {
            _deleted.Add(Current!);
            Current = null;
            IsDeleteUncertain = false;
        }
        else if (!isFound)
        {
            _uncertain.Add(Current!);
            Current = null;
        }

        IsChanging = false;
        Version++;
    }

    /// <summary>Handles what a restart found under the name; null for no topic.</summary>
    internal void Find(TopicDescription? found)
    {
        TopicIncarnation[] possible = Current is null ? [.. _uncertain] : [Current, .. _uncertain];
        TopicIncarnation? match = found is null ? null : possible.FirstOrDefault(one => one.Id == found.TopicId)
            ?? possible.FirstOrDefault(one => one.Id is null && one.Partitions.Length == found.Partitions && one.AllConfigs.Exists(configs => Same(configs, found.Configs)));
        if (found is not null && match is null)
        {
            string what = _deleted.Exists(one => one.Id == found.TopicId) ? "it was deleted" : "it was never created";
            throw new SimulationFailure($"topic '{Name}' with id {found.TopicId} was found after a restart; {what}");
        }

        if (match != Current && Current is not null && !IsDeleteUncertain)
        {
            throw new SimulationFailure($"{Current} is missing after a restart; found: {found?.ToString() ?? "nothing"}");
        }

        if (match is not null)
        {
            match.Id = found!.TopicId;
            Check(match, found);
        }

        _deleted.AddRange(possible.Where(one => one != match));
        _uncertain.Clear();
        _created = null;
        Current = match;
        IsChanging = IsDeleteUncertain = false;
        Version++;
    }

    private void Check(TopicIncarnation topic, TopicDescription found)
    {
        if (found.Partitions != topic.Partitions.Length)
        {
            throw new SimulationFailure($"{topic} has {found.Partitions} partitions after a restart");
        }

        IReadOnlyDictionary<string, string>? match = topic.RequestedConfigs.Append(topic.Configs).FirstOrDefault(configs => Same(configs, found.Configs));
        topic.SetConfigs(match ?? throw new SimulationFailure(
            $"{topic} has the settings {Text(found.Configs)} after a restart; expected {Text(topic.Configs)}, or one of the requested: {string.Join("; ", topic.RequestedConfigs.Select(Text))}"));
    }

    private static bool Same(IReadOnlyDictionary<string, string> left, IReadOnlyDictionary<string, string> right) => Text(left) == Text(right);

    private static string Text(IReadOnlyDictionary<string, string> configs) => string.Join(", ", configs.OrderBy(static config => config.Key, StringComparer.Ordinal).Select(static config => $"{config.Key}={config.Value}"));
}
