namespace Zurau.Engine.Storage;

/// <summary>
/// Abstracts the files of one data directory. Paths are relative, with <c>/</c> as
/// separator. Expected failures (no space, read-only, deleted) are returned as
/// <see cref="IoResult"/>; nothing is retried. Thread-safe.
/// </summary>
public interface IStorage
{
    /// <summary>Gets the location, for messages.</summary>
    string Description { get; }

    /// <summary>
    /// Creates the directory if it does not exist and locks it for this process.
    /// </summary>
    /// <exception cref="StorageException">Another process has locked it, or it cannot be
    /// used.</exception>
    void Acquire();

    /// <summary>Unlocks the directory; all files must be closed.</summary>
    void Release();

    /// <summary>Opens a file for reading and writing.</summary>
    IoResult Open(string path, FileOpening opening, out IStorageFile? file);

    /// <summary>Renames a file or directory; replaces an existing file.</summary>
    IoResult Rename(string from, string to);

    /// <summary>Deletes a file. Mappings of it stay readable.</summary>
    IoResult Delete(string path);

    /// <summary>
    /// Creates an empty directory; <see cref="IoResult.Exists"/> if the name exists.
    /// </summary>
    IoResult CreateDirectory(string path);

    /// <summary>Deletes a directory and its files.</summary>
    IoResult DeleteDirectory(string path);

    /// <summary>
    /// Lists the files and directories in a directory, in ordinal order; "" is the data
    /// directory itself.
    /// </summary>
    IoResult List(string path, out IReadOnlyList<string> names);

    /// <summary>
    /// Returns the last write time of a file, in milliseconds since 1970; -1 if unknown.
    /// </summary>
    long LastWriteMs(string path) => -1;

    /// <summary>Makes creations, renames and deletions in a directory durable.</summary>
    IoResult SyncDirectory(string path);
}
