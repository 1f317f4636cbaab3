namespace Zurau.Harness.Mutants;

/// <summary>One hunk of a unified diff.</summary>
/// <param name="Line">Where the old lines were when the patch was made, counted from 1.</param>
/// <param name="Old">The lines that must be there: context and removed lines.</param>
/// <param name="New">The lines that replace them.</param>
internal sealed record SourceHunk(int Line, IReadOnlyList<string> Old, IReadOnlyList<string> New)
{
    /// <summary>Finds the old lines, exactly as they are, nearest to an index; -1 if they are not there.</summary>
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
