using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Refuses partitions with messages of Kafka's formats 0 and 1: they are not read, and to a recovery they look like a torn tail.
/// </summary>
internal static class OldFormatCheck
{
    /// <summary>Refuses bytes of a segment that are not a batch of format 2 but hold a message of an older format.</summary>
    /// <param name="path">The segment, for the message.</param>
    /// <param name="bytes">Bytes of the segment, in memory.</param>
    /// <param name="position">Position of the first of them.</param>
    /// <exception cref="StorageException">They hold one.</exception>
    internal static void Refuse(string path, ReadOnlySpan<byte> bytes, long position)
    {
        if (OldMessageFormat.FindIn(bytes) is var (format, at))
        {
            throw new StorageException(
                $"'{path}' holds messages of format {format}, which are not read (byte {position + at}); nothing was changed. " +
                "Copy the records to a new topic with Apache Kafka, or move the partition's folder away to go on without it.");
        }
    }

    /// <summary>Refuses a folder in which a cleaning of Kafka's was about to put segments with such messages into their place.</summary>
    /// <exception cref="StorageException">One of them cannot be read, or holds one.</exception>
    internal static void RefuseSwaps(IStorage storage, string directory)
    {
        storage.List(directory, out IReadOnlyList<string> names).ThrowIfFailed($"Listing '{directory}'");
        foreach (string name in names.Where(static name => name.EndsWith(LogFiles.LogSuffix + LogFiles.SwapSuffix, StringComparison.Ordinal)))
        {
            string path = $"{directory}/{name}";
            Refuse(path, WholeFile.Read(storage, path) ?? throw new StorageException($"'{path}' cannot be read."), 0);
        }
    }
}
