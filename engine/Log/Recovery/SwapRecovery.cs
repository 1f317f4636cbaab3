using System.Buffers.Binary;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Finishes or reverts a cleaning that a crash interrupted, as Kafka does: files that end in
/// <c>.cleaned</c> were not complete and are deleted, as is a <c>.swap</c> that belongs to
/// them; the other <c>.swap</c> files are complete and replace the segments that were cleaned.
/// A <c>.swap</c> whose offsets are within an older segment is stale, because its sources were
/// merged into that one: it is deleted. Only files whose whole name is one of a cleaning are
/// changed.
/// </summary>
internal static class SwapRecovery
{
    /// <summary>Finishes or reverts it; returns whether any file was changed.</summary>
    /// <exception cref="StorageException">A file could not be read, renamed or deleted.</exception>
    internal static bool Finish(IStorage storage, string directory, IReadOnlyList<string> names)
    {
        (string Name, long BaseOffset)[] cleaned = [.. InState(names, LogFiles.CleanedSuffix)];
        (string Name, long BaseOffset)[] swaps = [.. InState(names, LogFiles.SwapSuffix)];
        if (cleaned.Length == 0 && swaps.Length == 0)
        {
            return false;
        }

        long? firstCleaned = cleaned.Length == 0 ? null : cleaned.Min(static file => file.BaseOffset);
        long[] logs = [.. swaps.Where(static swap => LogFiles.TryParse(swap.Name, LogFiles.LogSuffix + LogFiles.SwapSuffix, out _)).Select(static swap => swap.BaseOffset).Where(offset => firstCleaned is null || offset < firstCleaned)];
        long end = logs.Length == 0 ? -1 : logs.Max(offset => EndOffset(storage, $"{directory}/{LogFiles.Of(offset, LogFiles.LogSuffix)}{LogFiles.SwapSuffix}", offset));
        if (logs.Length > 0 && IsStale(storage, directory, names, logs.Min()))
        {
            logs = [];
        }

        // Swap files are deleted before the .cleaned ones that invalidate them, and a .log.swap
        // before its indexes: after a crash in between none of them may appear complete.
        // Missing indexes are rebuilt from the log.
        var complete = swaps.Where(swap => logs.Contains(swap.BaseOffset)).ToList();
        Delete(storage, directory, swaps.Except(complete).Select(static swap => swap.Name).OrderByDescending(static name => name.EndsWith(LogFiles.LogSuffix + LogFiles.SwapSuffix, StringComparison.Ordinal)));
        Delete(storage, directory, cleaned.Select(static file => file.Name));
        if (complete.Count == 0)
        {
            return true;
        }

        // The replaced segments are durably deleted before a rename shows that nothing is left
        // to replace.
        long first = logs.Min();
        Delete(storage, directory, names.Where(name =>
            (LogFiles.TryParseSegment(name, out long baseOffset) || LogFiles.TryParseIndex(name, out baseOffset)) && baseOffset >= first && baseOffset < end));
        foreach ((string name, _) in complete)
        {
            storage.Rename($"{directory}/{name}", $"{directory}/{name[..^LogFiles.SwapSuffix.Length]}").ThrowIfFailed($"Renaming '{directory}/{name}'");
        }

        storage.SyncDirectory(directory).ThrowIfFailed($"Flushing the directory '{directory}'");
        return true;
    }

    private static IEnumerable<(string Name, long BaseOffset)> InState(IReadOnlyList<string> names, string state)
    {
        foreach (string name in names)
        {
            if (LogFiles.TryParseState(name, state, out long baseOffset))
            {
                yield return (name, baseOffset);
            }
        }
    }

    private static void Delete(IStorage storage, string directory, IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            storage.Delete($"{directory}/{name}").ThrowIfFailed($"Deleting '{directory}/{name}'");
        }

        storage.SyncDirectory(directory).ThrowIfFailed($"Flushing the directory '{directory}'");
    }

    /// <summary>
    /// Whether the segment before a swap overlaps it: a later cleaning has merged the sources
    /// of the swap into that segment.
    /// </summary>
    private static bool IsStale(IStorage storage, string directory, IReadOnlyList<string> names, long first)
    {
        long? before = null;
        foreach (string name in names)
        {
            before = LogFiles.TryParseSegment(name, out long baseOffset) && baseOffset < first ? Math.Max(baseOffset, before ?? baseOffset) : before;
        }

        return before is { } offset && EndOffset(storage, $"{directory}/{LogFiles.Segment(offset)}", offset) > first;
    }

    /// <summary>
    /// Returns the exclusive end offset of a segment. Reads headers only: a segment may have 2
    /// GiB.
    /// </summary>
    private static long EndOffset(IStorage storage, string path, long baseOffset)
    {
        storage.Open(path, FileOpening.Existing, out IStorageFile? file).ThrowIfFailed($"Opening '{path}'");
        using (file)
        {
            Span<byte> header = stackalloc byte[BatchLayout.HeaderSize];
            long end = baseOffset;
            long position = 0;
            file!.Length(out long length).ThrowIfFailed($"Reading the length of '{path}'");
            while (true) // Ends at the end of the file, or at the first bytes that are not a batch.
            {
                file.Read(position, header, out int read).ThrowIfFailed($"Reading '{path}' at byte {position}");
                long size = read < BatchLayout.HeaderSize ? 0 : BatchLayout.SizeOf(header);
                if (size < BatchLayout.HeaderSize || size > length - position || header[BatchLayout.Magic] != BatchLayout.MagicV2)
                {
                    return end;
                }

                end = BinaryPrimitives.ReadInt64BigEndian(header) + BinaryPrimitives.ReadInt32BigEndian(header[BatchLayout.LastOffsetDelta..]) + 1;
                position += size;
            }
        }
    }
}
