using Zurau.Engine;

namespace Zurau.Testing.Simulation;

/// <summary>
/// What is known of the offsets that a group commits of one partition of one topic. Commits are made one after the other, so their order is
/// known; each is named by its metadata.
/// </summary>
internal sealed class GroupOffsets(string group, PartitionModel partition)
{
    private readonly List<Commit> _commits = [];
    private int _made;

    internal Commit Begin(long offset)
    {
        var commit = new Commit($"{group} of partition {partition.Number}, commit {_made++}", offset);
        _commits.Add(commit);
        return commit;
    }

    /// <summary>The group's offset was read: it is that of the last commit, or of one that was not answered.</summary>
    /// <param name="found">What was read.</param>
    /// <param name="end">The end of the log.</param>
    /// <param name="sawPowerCut">A power cut may have taken commits.</param>
    /// <param name="isRestart">Commits that were not found at a start never count again.</param>
    internal void Check(OffsetAndMetadata? found, long end, bool sawPowerCut, bool isRestart)
    {
        int last = _commits.FindLastIndex(static commit => commit.IsAnswered);
        int at = found is { } offset ? _commits.FindIndex(commit => commit.Name == offset.Metadata) : -1;
        if (found is not null && at < 0)
        {
            throw new SimulationFailure($"'{group}' has the offset {found} of partition {partition.Number}, which it never committed of this topic, or has lost before");
        }

        if (at < last && !sawPowerCut)
        {
            throw new SimulationFailure($"'{group}' has the offset {found?.ToString() ?? "none"} of partition {partition.Number}; {_commits[last]} was answered later");
        }

        if (at >= 0 && found!.Value.Offset != _commits[at].Offset && !(sawPowerCut && found.Value.Offset < _commits[at].Offset && found.Value.Offset == end))
        {
            throw new SimulationFailure($"'{group}' has the offset {found} of partition {partition.Number}; {_commits[at]} was made");
        }

        if (isRestart && found is { } read && read.Offset > end)
        {
            throw new SimulationFailure($"'{group}' goes on at {read.Offset} of partition {partition.Number}, which ends at {end}: what comes there is skipped");
        }

        if (isRestart)
        {
            _commits.RemoveRange(at + 1, _commits.Count - at - 1);
            if (at >= 0)
            {
                _commits[at] = _commits[at] with { Offset = found!.Value.Offset, IsAnswered = true };
            }
        }
    }

    internal void Answer(Commit commit)
    {
        int at = _commits.IndexOf(commit);
        _commits[at] = commit with { IsAnswered = true };
    }

    /// <summary>A commit and whether success was answered.</summary>
    internal sealed record Commit(string Name, long Offset)
    {
        public bool IsAnswered { get; init; }
    }
}
