using Microsoft.Win32.SafeHandles;

namespace Zurau.Inspection;

/// <summary>
/// Reads a data directory on disk. Acquires no lock and changes nothing, so it does not
/// affect a running broker. Thread-safe.
/// </summary>
public sealed class DiskFiles(string directory) : IDataFiles
{
    /// <inheritdoc/>
    public string Description => directory;

    /// <inheritdoc/>
    public IReadOnlyList<string>? List(string path)
    {
        try
        {
            string[] names = [.. new DirectoryInfo(Path.Combine(directory, path)).EnumerateFileSystemInfos().Select(static entry => entry.Name)];
            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public IDataFile? Open(string path)
    {
        try
        {
            // With all access shared, .NET does not lock the file.
            return new DiskFile(File.OpenHandle(Path.Combine(directory, path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed class DiskFile(SafeFileHandle handle) : IDataFile
    {
        public long Length { get; } = RandomAccess.GetLength(handle);

        public int Read(long position, Span<byte> buffer)
        {
            int read = 0;
            while (read < buffer.Length && RandomAccess.Read(handle, buffer[read..], position + read) is > 0 and int count)
            {
                read += count;
            }

            return read;
        }

        public void Dispose() => handle.Dispose();
    }
}
