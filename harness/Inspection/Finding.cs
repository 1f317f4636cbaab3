using System.Globalization;

namespace Zurau.Harness.Inspection;

/// <summary>Something that a check found.</summary>
/// <param name="Kind">What kind of thing it is.</param>
/// <param name="Path">The file, relative to the data directory.</param>
/// <param name="Position">The byte in it; -1 for the file as a whole.</param>
/// <param name="Offset">The record offset it concerns; -1 for none.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Advice">What to do.</param>
public sealed record Finding(FindingKind Kind, string Path, long Position, long Offset, string What, string Advice)
{
    /// <summary>One line: where, what, what to do.</summary>
    public override string ToString()
    {
        string position = Position < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" byte {Position}");
        string offset = Offset < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" offset {Offset}");
        return $"{Path}:{position}{offset} {Kind}: {What}. {Advice}.".Replace(":  ", ": ", StringComparison.Ordinal);
    }
}
