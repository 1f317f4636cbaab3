using System.Globalization;
using System.Text.RegularExpressions;

namespace Zurau.Simulation;

/// <summary>
/// A unified diff of source files. Applied only if every context line exists unchanged.
/// Line numbers may differ, but there is no fuzz, so that a mutant changes only the
/// intended code.
/// </summary>
internal sealed partial class SourcePatch
{
    private readonly Dictionary<string, List<SourceHunk>> _files = new(StringComparer.Ordinal);

    /// <summary>Gets the files that it changes, relative to the repository.</summary>
    internal IReadOnlyCollection<string> Paths => _files.Keys;

    /// <summary>Parses a diff; skips the lines before the first file.</summary>
    /// <exception cref="MutantException">The text is not a unified diff.</exception>
    internal static SourcePatch Parse(IReadOnlyList<string> lines)
    {
        var patch = new SourcePatch();
        List<SourceHunk>? hunks = null;
        for (int i = 0; i < lines.Count; i++)
        {
            if (lines[i].StartsWith("+++ b/", StringComparison.Ordinal))
            {
                hunks = patch._files[lines[i]["+++ b/".Length..].TrimEnd()] = [];
            }
            else if (HunkLine().Match(lines[i]) is { Success: true } match && hunks is not null)
            {
                hunks.Add(ReadHunk(lines, ref i, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));
            }
        }

        return patch._files.Count > 0 && patch._files.Values.All(static hunks => hunks.Count > 0)
            ? patch
            : throw new MutantException("it has no file or no hunk: create it with 'git diff -U1 engine'");
    }

    /// <summary>Applies all hunks; returns the changed texts by path.</summary>
    /// <exception cref="MutantException">A file or the lines of a hunk do not
    /// exist.</exception>
    internal Dictionary<string, string> Apply(string root)
    {
        var changed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string path, List<SourceHunk> hunks) in _files)
        {
            string full = Path.Combine(root, path);
            List<string> lines = File.Exists(full) ? [.. File.ReadAllText(full).Split('\n')] : throw new MutantException($"'{path}' does not exist");
            int moved = 0;
            foreach (SourceHunk hunk in hunks)
            {
                int near = hunk.Line - 1 + moved;
                int at = hunk.Find(lines, near);
                if (at < 0)
                {
                    throw new MutantException($"'{path}' has changed near line {hunk.Line}: '{hunk.Old.FirstOrDefault(static line => line.Trim().Length > 3)?.Trim()}' with its neighbouring lines does not exist");
                }

                lines.RemoveRange(at, hunk.Old.Count);
                lines.InsertRange(at, hunk.New);
                moved = at - (hunk.Line - 1) + hunk.New.Count - hunk.Old.Count;
            }

            changed[path] = string.Join('\n', lines);
        }

        return changed;
    }

    private static SourceHunk ReadHunk(IReadOnlyList<string> lines, ref int at, int line)
    {
        var before = new List<string>();
        var after = new List<string>();
        for (; at + 1 < lines.Count && lines[at + 1] is { } next && (next.Length == 0 ? at + 2 < lines.Count : " +-\\".Contains(next[0], StringComparison.Ordinal)) && !next.StartsWith("--- ", StringComparison.Ordinal); at++)
        {
            char kind = next.Length == 0 ? ' ' : next[0];
            string text = next.Length == 0 ? "" : next[1..];
            if (kind is ' ' or '-')
            {
                before.Add(text);
            }

            if (kind is ' ' or '+')
            {
                after.Add(text);
            }
        }

        return new SourceHunk(line, before, after);
    }

    [GeneratedRegex(@"^@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")]
    private static partial Regex HunkLine();
}
