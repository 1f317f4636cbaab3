namespace Zurau.Inspection;

/// <summary>
/// Provides read access to a data directory. Paths are relative to it, with <c>/</c> as
/// the separator; "" is the directory itself.
/// </summary>
public interface IDataFiles
{
    /// <summary>Gets the location of the directory, for messages.</summary>
    string Description { get; }

    /// <summary>
    /// Returns the names in a folder in ordinal order; null if it is not a folder or
    /// cannot be read.
    /// </summary>
    IReadOnlyList<string>? List(string path);

    /// <summary>
    /// Opens a file; returns null if it does not exist or cannot be opened.
    /// </summary>
    IDataFile? Open(string path);
}
