namespace Zurau.Engine.Storage;

/// <summary>Files of one data directory.</summary>
public sealed class FileStorage(string directory) : IStorage
{
    /// <summary>The directory.</summary>
    public string Directory { get; } = directory;
}
