using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// The folder of a partition: its path, the names of its files, and whether it still belongs to
/// this log. Thread-safe.
/// </summary>
/// <param name="storage">The data directory.</param>
/// <param name="path">The folder, relative to the data directory.</param>
internal sealed class LogDirectory(IStorage storage, string path)
{
    private volatile bool _isAbandoned;

    internal IStorage Storage => storage;

    /// <summary>The folder, relative to the data directory.</summary>
    internal string Path => path;

    /// <summary>
    /// Whether the topic is deleted: files must no longer be opened by name. Set once, before
    /// the folder is renamed.
    /// </summary>
    internal bool IsAbandoned => _isAbandoned;

    internal void Abandon() => _isAbandoned = true;

    /// <summary>Returns the path of a file that belongs to an offset.</summary>
    internal string PathOf(long baseOffset, string suffix) => $"{path}/{LogFiles.Of(baseOffset, suffix)}";

    /// <summary>Makes the names in the folder durable.</summary>
    internal IoResult Sync() => storage.SyncDirectory(path);
}
