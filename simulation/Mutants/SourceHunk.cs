namespace Zurau.Simulation;

/// <summary>One hunk of a unified diff.</summary>
/// <param name="Line">The first old line when the patch was created, counted from
/// 1.</param>
/// <param name="Old">The lines that must exist: context and removed lines.</param>
/// <param name="New">The lines that replace them.</param>
internal sealed record SourceHunk(int Line, IReadOnlyList<string> Old, IReadOnlyList<string> New)
{
    /// <summary>
    /// Finds an exact match of the old lines, the nearest one to an index; returns -1 if
    /// there is none.
    /// </summary>
    internal int Find(IReadOnlyList<string> lines, int near)
    {
        int found = -1;
        for (int at = 0; at + Old.Count <= lines.Count; at++)
        {
            if ((found < 0 || Math.Abs(at - near) < Math.Abs(found - near)) && Old.Select((line, i) => lines[at + i] == line).All(static same => same))
            {
                found = at;
            }
        }

        return found;
    }
}
