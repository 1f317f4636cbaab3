namespace Zurau.Inspection;

/// <summary>
/// Checks the <c>.txnindex</c> of a segment against the ABORT markers in the segment.
/// </summary>
internal sealed class TransactionIndexCheck(PartitionCheck partition, long baseOffset, bool isFlushed)
{
    /// <param name="expected">The transactions that the markers of the segment aborted,
    /// as far as the log still contains their records.</param>
    /// <param name="isExact">False if retention or the cleaner may have deleted the
    /// beginnings of transactions; more entries and lower first offsets are then
    /// valid.</param>
    internal void Run(IReadOnlyList<AbortedEntry> expected, bool isExact)
    {
        string name = FileNames.Of(baseOffset, FileNames.TransactionIndex);
        byte[] bytes = partition.Files.ReadAll($"{partition.Folder}/{name}") ?? [];
        if (bytes.Length % AbortedEntry.Size != 0)
        {
            Add(name, bytes.Length - (bytes.Length % AbortedEntry.Size), -1, $"its length of {bytes.Length} bytes is not a multiple of the entry size {AbortedEntry.Size}");
        }

        var entries = new Dictionary<long, AbortedEntry>();
        long last = baseOffset - 1;
        for (int i = 0; i + AbortedEntry.Size <= bytes.Length; i += AbortedEntry.Size)
        {
            AbortedEntry entry = AbortedEntry.Read(bytes.AsSpan(i));
            if (entry.Version != 0 || entry.LastOffset <= last || entry.FirstOffset > entry.LastOffset)
            {
                Add(name, i, entry.LastOffset, $"the entry ({entry}) of version {entry.Version} does not follow offset {last}");
            }

            last = entry.LastOffset;
            entries[entry.LastOffset] = entry;
            AbortedEntry? marker = expected.Select(static aborted => (AbortedEntry?)aborted).FirstOrDefault(aborted => aborted!.Value.LastOffset == entry.LastOffset);
            bool isRight = marker is { } found
                ? found == entry || (!isExact && found.ProducerId == entry.ProducerId && found.FirstOffset >= entry.FirstOffset)
                : !isExact;
            if (!isRight)
            {
                Add(name, i, entry.LastOffset, $"the entry is {entry}; expected from the markers: {marker?.ToString() ?? "no aborted transaction"}");
            }
        }

        foreach (AbortedEntry missing in expected.Where(aborted => !entries.ContainsKey(aborted.LastOffset)))
        {
            Add(name, -1, missing.LastOffset, $"the transaction that the marker at offset {missing.LastOffset} aborted is missing: {missing}");
        }
    }

    private void Add(string name, long position, long offset, string what) => partition.AddDerived(FindingKind.TransactionIndex, name, position, offset, what, isFlushed);
}
