using System.Text;

namespace Zurau.Engine.Storage;

/// <summary>
/// Replaces small text files atomically: writes a temporary file, flushes it, renames
/// it and flushes the directory. A crash leaves either the old or the new content.
/// </summary>
internal static class CheckpointFile
{
    /// <summary>
    /// The suffix of the temporary file; a file left by a crash can be deleted.
    /// </summary>
    internal const string TemporarySuffix = ".tmp";

    /// <param name="storage">The data directory.</param>
    /// <param name="path">The file.</param>
    /// <param name="text">Its new content.</param>
    /// <param name="syncsDirectory">False if the caller flushes the directory itself after
    /// this and other files.</param>
    internal static void Write(IStorage storage, string path, string text, bool syncsDirectory = true)
    {
        string temporary = path + TemporarySuffix;
        storage.Open(temporary, FileOpening.Truncated, out IStorageFile? file).ThrowIfFailed($"Writing '{temporary}'");
        using (file)
        {
            file!.Write(0, Encoding.UTF8.GetBytes(text)).ThrowIfFailed($"Writing '{temporary}'");
            file.FlushData().ThrowIfFailed($"Flushing '{temporary}'");
        }

        storage.Rename(temporary, path).ThrowIfFailed($"Renaming '{temporary}'");
        if (syncsDirectory)
        {
            int slash = path.LastIndexOf('/');
            storage.SyncDirectory(slash < 0 ? "" : path[..slash]).ThrowIfFailed($"Flushing the directory of '{path}'");
        }
    }

    /// <summary>Reads a file; null if it does not exist.</summary>
    internal static string? Read(IStorage storage, string path)
    {
        IoResult result = storage.Open(path, FileOpening.Existing, out IStorageFile? file);
        if (result == IoResult.NotFound)
        {
            return null;
        }

        result.ThrowIfFailed($"Opening '{path}'");
        using (file)
        {
            file!.Length(out long length).ThrowIfFailed($"Reading '{path}'");
            byte[] bytes = new byte[checked((int)length)];
            file.Read(0, bytes, out int read).ThrowIfFailed($"Reading '{path}'");
            return Encoding.UTF8.GetString(bytes, 0, read);
        }
    }
}
