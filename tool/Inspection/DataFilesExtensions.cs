using System.Text;

namespace Zurau.Inspection;

/// <summary>Reads small files completely.</summary>
internal static class DataFilesExtensions
{
    /// <summary>The size limit. Indexes and checkpoints are much smaller.</summary>
    private const int MaxBytes = 512 * 1024 * 1024;

    /// <summary>
    /// Reads a file; returns null if it does not exist or cannot be read.
    /// </summary>
    internal static byte[]? ReadAll(this IDataFiles files, string path)
    {
        using IDataFile? file = files.Open(path);
        if (file is null || file.Length > MaxBytes)
        {
            return null;
        }

        try
        {
            byte[] bytes = new byte[file.Length];
            return bytes[..file.Read(0, bytes)];
        }
        catch (IOException)
        {
            return null;
        }
    }

    internal static string? ReadText(this IDataFiles files, string path) => files.ReadAll(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    internal static bool Exists(this IDataFiles files, string path)
    {
        using IDataFile? file = files.Open(path);
        return file is not null;
    }
}
