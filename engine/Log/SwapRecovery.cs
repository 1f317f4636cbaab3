using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Finishes or takes back a cleaning that a crash cut short, as Kafka does: files that end in <c>.cleaned</c> were not complete and go; so
/// does a <c>.swap</c> that belongs to them; the other <c>.swap</c> files are complete and replace the segments that they were made from.
/// </summary>
internal static class SwapRecovery
{
    private const int BaseOffsetDigits = 20;

    internal static void Finish(IStorage storage, string directory)
    {
        storage.List(directory, out IReadOnlyList<string> names).ThrowIfFailed($"Listing '{directory}'");
        (string Name, long BaseOffset)[] cleaned = [.. Ending(names, LogFiles.CleanedSuffix)];
        (string Name, long BaseOffset)[] swaps = [.. Ending(names, LogFiles.SwapSuffix)];
        if (cleaned.Length == 0 && swaps.Length == 0)
        {
            return;
        }

        long firstCleaned = cleaned.Length == 0 ? long.MaxValue : cleaned.Min(static file => file.BaseOffset);
        foreach ((string name, _) in cleaned.Concat(swaps.Where(swap => swap.BaseOffset >= firstCleaned)))
        {
            Delete(storage, directory, name);
        }

        (string Name, long BaseOffset)[] complete = [.. swaps.Where(swap => swap.BaseOffset < firstCleaned)];
        (string Name, long BaseOffset)[] logs = [.. complete.Where(static swap => swap.Name.EndsWith(LogFiles.LogSuffix + LogFiles.SwapSuffix, StringComparison.Ordinal))];
        if (logs.Length > 0)
        {
            long first = logs.Min(static swap => swap.BaseOffset);
            long end = logs.Max(swap => NextOffset(storage, $"{directory}/{swap.Name}", swap.BaseOffset));
            foreach (string name in names)
            {
                bool isReplaced = (LogFiles.TryParseSegment(name, out long baseOffset) || LogFiles.TryParseIndex(name, out baseOffset)) && baseOffset >= first && baseOffset < end;
                if (isReplaced)
                {
                    Delete(storage, directory, name);
                }
            }
        }

        // What is replaced is gone for good before a name says that nothing is left to be replaced.
        storage.SyncDirectory(directory).ThrowIfFailed($"Flushing the directory '{directory}'");
        foreach ((string name, _) in complete)
        {
            storage.Rename($"{directory}/{name}", $"{directory}/{name[..^LogFiles.SwapSuffix.Length]}").ThrowIfFailed($"Renaming '{directory}/{name}'");
        }

        storage.SyncDirectory(directory).ThrowIfFailed($"Flushing the directory '{directory}'");
    }

    private static IEnumerable<(string Name, long BaseOffset)> Ending(IReadOnlyList<string> names, string suffix)
    {
        foreach (string name in names)
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal)
                && name.Length > BaseOffsetDigits
                && long.TryParse(name.AsSpan(0, BaseOffsetDigits), out long baseOffset))
            {
                yield return (name, baseOffset);
            }
        }
    }

    private static void Delete(IStorage storage, string directory, string name) =>
        storage.Delete($"{directory}/{name}").ThrowIfFailed($"Deleting '{directory}/{name}'");

    /// <summary>The offset behind a segment's last batch: what it replaces ends there.</summary>
    private static long NextOffset(IStorage storage, string path, long baseOffset)
    {
        ReadOnlySpan<byte> bytes = WholeFile.Read(storage, path) ?? throw new StorageException($"'{path}' cannot be read.");
        long next = baseOffset;
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            next = batch.LastOffset + 1;
            bytes = bytes[batch.SizeBytes..];
        }

        return next;
    }
}
