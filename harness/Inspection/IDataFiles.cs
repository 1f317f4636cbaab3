namespace Zurau.Harness.Inspection;

/// <summary>Reads a data directory and cannot change it. Paths are relative to it, with <c>/</c> between the parts; "" is the directory itself.</summary>
public interface IDataFiles
{
    /// <summary>Where it is, for messages.</summary>
    string Description { get; }

    /// <summary>Names of what is in a folder, in ordinal order; null where the path is no folder that can be read.</summary>
    IReadOnlyList<string>? List(string path);

    /// <summary>Opens a file; null where there is none or it cannot be read.</summary>
    IDataFile? Open(string path);
}
