using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// Removes the pages of files from the page cache. Linux only; no process may have mapped
/// the files.
/// </summary>
internal static partial class ColdFiles
{
    private const int DontNeed = 4; // POSIX_FADV_DONTNEED
    private const int BlockBytes = 1024 * 1024;

    /// <summary>
    /// Writes dirty pages to the disk and drops the pages. Requires only ownership of the
    /// files.
    /// </summary>
    internal static void Drop(string directory)
    {
        foreach (string path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(file);
            int error = Advise(file, 0, 0, DontNeed);
            if (error != 0)
            {
                throw new InvalidOperationException($"posix_fadvise of '{path}' failed with error {error}.");
            }
        }
    }

    /// <summary>
    /// Reads the files completely, in blocks of 1 MiB; returns bytes per second.
    /// </summary>
    internal static double ReadRate(string directory, string pattern)
    {
        byte[] block = new byte[BlockBytes];
        long bytes = 0;
        long began = Stopwatch.GetTimestamp();
        foreach (string path in Directory.EnumerateFiles(directory, pattern, SearchOption.AllDirectories).Order())
        {
            using SafeFileHandle file = File.OpenHandle(path, options: FileOptions.SequentialScan);
            long position = 0;
            for (int read; (read = RandomAccess.Read(file, block, position)) > 0; position += read)
            {
                bytes += read;
            }
        }

        return bytes / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise64")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
