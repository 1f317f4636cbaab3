namespace Zurau.Engine.Storage;

/// <summary>
/// The seam to files: one data directory. Paths are relative to it, with <c>/</c> between the parts. Expected failures (no space, read-only,
/// gone) come back as <see cref="IoResult"/>; nothing here retries. Thread-safe.
/// </summary>
public interface IStorage
{
    /// <summary>Where it is, for messages.</summary>
    string Description { get; }

    /// <summary>Makes the directory if it is missing and takes it for this process alone.</summary>
    /// <exception cref="StorageException">Another process has it, or it cannot be used.</exception>
    void Acquire();

    /// <summary>Gives the directory back, after every file is closed.</summary>
    void Release();

    /// <summary>Opens a file for reading and writing.</summary>
    IoResult Open(string path, FileOpening opening, out IStorageFile? file);

    /// <summary>Renames a file or directory, replacing a file that is in the way.</summary>
    IoResult Rename(string from, string to);

    /// <summary>Deletes a file. Maps of it stay readable.</summary>
    IoResult Delete(string path);

    /// <summary>Creates a directory, which is empty then; <see cref="IoResult.Exists"/> if the name is taken.</summary>
    IoResult CreateDirectory(string path);

    /// <summary>Deletes a directory with the files in it.</summary>
    IoResult DeleteDirectory(string path);

    /// <summary>Names of the files and directories in a directory, in ordinal order; "" is the data directory itself.</summary>
    IoResult List(string path, out IReadOnlyList<string> names);

    /// <summary>Tells when a file was last written, in milliseconds since 1970; -1 where that is not known.</summary>
    long LastWriteMs(string path) => -1;

    /// <summary>Makes creations, renames and deletions in a directory durable.</summary>
    IoResult SyncDirectory(string path);
}
