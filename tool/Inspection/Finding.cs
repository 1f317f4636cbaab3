using System.Globalization;

namespace Zurau.Inspection;

/// <summary>Represents a problem that a check found.</summary>
/// <param name="Kind">The kind of the problem.</param>
/// <param name="Path">The file, relative to the data directory.</param>
/// <param name="Position">The byte position in the file; -1 for the whole file.</param>
/// <param name="Offset">The record offset; -1 for none.</param>
/// <param name="What">The description of the problem.</param>
/// <param name="Advice">The recommended action.</param>
public sealed record Finding(FindingKind Kind, string Path, long Position, long Offset, string What, string Advice)
{
    /// <summary>Formats the place, the problem and the advice on one line.</summary>
    public override string ToString()
    {
        string position = Position < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" byte {Position}");
        string offset = Offset < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" offset {Offset}");
        return $"{Path}:{position}{offset} {Kind}: {What}. {Advice}.".Replace(":  ", ": ", StringComparison.Ordinal);
    }
}
