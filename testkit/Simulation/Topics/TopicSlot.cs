namespace Zurau.Testing.Simulation;

/// <summary>A topic name and what is known of the topics that have it, one after the other.</summary>
internal sealed class TopicSlot(string name)
{
    private readonly List<TopicIncarnation> _deleted = [];
    private readonly List<TopicIncarnation> _doubtful = []; // Created or deleted without an answer: the next start may find one of them.
    private TopicIncarnation? _created;

    internal string Name { get; } = name;

    /// <summary>Whether a topic of the name was deleted.</summary>
    internal bool HadTopic => _deleted.Count > 0;

    /// <summary>The topic of this name; null for none.</summary>
    internal TopicIncarnation? Current { get; private set; }

    /// <summary>A creation or deletion is under way.</summary>
    internal bool IsChanging { get; private set; }

    /// <summary>A deletion was asked for and not answered with success, so that the next start may not find it.</summary>
    internal bool IsDeleteDoubtful { get; private set; }

    /// <summary>Grows with each begin and end of a change.</summary>
    internal long Version { get; private set; }

    /// <summary>The topic that a request that begins now meets, if it meets one.</summary>
    internal TopicIncarnation? Candidate => Current ?? (IsChanging ? _created : null);

    internal void BeginCreate(TopicIncarnation created)
    {
        _created = created;
        _doubtful.Add(created);
        IsChanging = true;
        Version++;
    }

    internal void EndCreate(bool isCreated)
    {
        if (isCreated)
        {
            Current = _created;
            _doubtful.Clear();
            IsDeleteDoubtful = false;
        }

        _created = null;
        IsChanging = false;
        Version++;
    }

    internal void BeginDelete()
    {
        IsDeleteDoubtful = true;
        IsChanging = true;
        Version++;
    }

    /// <param name="isDeleted">Whether success was answered.</param>
    /// <param name="isFound">Otherwise whether the topic can still be found.</param>
    internal void EndDelete(bool isDeleted, bool isFound)
    {
        if (isDeleted)
        {
            _deleted.Add(Current!);
            Current = null;
            IsDeleteDoubtful = false;
        }
        else if (!isFound)
        {
            _doubtful.Add(Current!);
            Current = null;
        }

        IsChanging = false;
        Version++;
    }

    /// <summary>A start found a topic of this name, or none.</summary>
    internal void Find(TopicDescription? found)
    {
        TopicIncarnation[] possible = Current is null ? [.. _doubtful] : [Current, .. _doubtful];
        TopicIncarnation? match = found is null ? null : possible.FirstOrDefault(one => one.Id == found.TopicId)
            ?? possible.FirstOrDefault(one => one.Id is null && one.Partitions.Length == found.Partitions && one.AllConfigs.Exists(configs => Same(configs, found.Configs)));
        if (found is not null && match is null)
        {
            string what = _deleted.Exists(one => one.Id == found.TopicId) ? "it was deleted" : "nobody has created it";
            throw new SimulationFailure($"topic '{Name}' with id {found.TopicId} was found after a restart; {what}");
        }

        if (match != Current && Current is not null && !IsDeleteDoubtful)
        {
            throw new SimulationFailure($"{Current} is not there after a restart: {found?.ToString() ?? "nothing was found"}");
        }

        if (match is not null)
        {
            match.Id = found!.TopicId;
            Check(match, found);
        }

        _deleted.AddRange(possible.Where(one => one != match));
        _doubtful.Clear();
        _created = null;
        Current = match;
        IsChanging = IsDeleteDoubtful = false;
        Version++;
    }

    private void Check(TopicIncarnation topic, TopicDescription found)
    {
        if (found.Partitions != topic.Partitions.Length)
        {
            throw new SimulationFailure($"{topic} has {found.Partitions} partitions after a restart");
        }

        IReadOnlyDictionary<string, string>? match = topic.AskedConfigs.Append(topic.Configs).FirstOrDefault(configs => Same(configs, found.Configs));
        topic.SetConfigs(match ?? throw new SimulationFailure(
            $"{topic} has the settings {Text(found.Configs)} after a restart; {Text(topic.Configs)} were answered, and asked for: {string.Join("; ", topic.AskedConfigs.Select(Text))}"));
    }

    private static bool Same(IReadOnlyDictionary<string, string> left, IReadOnlyDictionary<string, string> right) => Text(left) == Text(right);

    private static string Text(IReadOnlyDictionary<string, string> configs) => string.Join(", ", configs.OrderBy(static config => config.Key, StringComparer.Ordinal).Select(static config => $"{config.Key}={config.Value}"));
}
