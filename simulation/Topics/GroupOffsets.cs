using Zurau.Engine;

namespace Zurau.Simulation;

/// <summary>
/// The expected offsets that a group commits for one partition of one topic. Commits are
/// sequential, so their order is known; their metadata identifies them.
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

    /// <summary>
    /// Checks a fetched offset of the group: it must be that of the last successful
    /// commit, or of a later one without a response.
    /// </summary>
    /// <param name="found">The fetched offset.</param>
    /// <param name="end">The end offset of the log.</param>
    /// <param name="sawPowerLoss">True if a power loss may have lost commits.</param>
    /// <param name="isRestart">True after a restart: commits that it did not find are
    /// permanently lost.</param>
    internal void Check(OffsetAndMetadata? found, long end, bool sawPowerLoss, bool isRestart)
    {
        int last = _commits.FindLastIndex(static commit => commit.IsAnswered);
        int at = found is { } offset ? _commits.FindIndex(commit => commit.Name == offset.Metadata) : -1;
        if (found is not null && at < 0)
        {
            throw new SimulationFailure($"'{group}' has the offset {found} of partition {partition.Number}, which it never committed for this topic or which was lost before");
        }

        if (at < last && !sawPowerLoss)
        {
            throw new SimulationFailure($"'{group}' has the offset {found?.ToString() ?? "none"} of partition {partition.Number}; the later {_commits[last]} succeeded");
        }

        if (at >= 0 && found!.Value.Offset != _commits[at].Offset && !(sawPowerLoss && found.Value.Offset < _commits[at].Offset && found.Value.Offset == end))
        {
            throw new SimulationFailure($"'{group}' has the offset {found} of partition {partition.Number}; it committed {_commits[at]}");
        }

        if (isRestart && found is { } read && read.Offset > end)
        {
            throw new SimulationFailure($"'{group}' has the offset {read.Offset} of partition {partition.Number}, whose log ends at {end}: new records below it would be skipped");
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

    /// <summary>A commit and whether it succeeded.</summary>
    internal sealed record Commit(string Name, long Offset)
    {
        public bool IsAnswered { get; init; }
    }
}
