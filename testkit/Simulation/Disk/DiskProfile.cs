namespace Zurau.Testing.Simulation;

/// <summary>
/// How kind a disk and its file system are when the power fails. In every profile but <see cref="Lying"/> a byte that was flushed and not
/// stored to since survives, also where its sector was being written again (SQLite calls it powersafe overwrite).
/// </summary>
public sealed record DiskProfile
{
    /// <summary>Directory entries are durable at once; of a file's unflushed bytes a tail of whole sectors is lost.</summary>
    public static DiskProfile Ideal { get; } = new() { Name = "Ideal", Data = DataLoss.Suffix, Entries = EntryLoss.None, SizeFollowsData = true };

    /// <summary>Everything reaches the disk in order (SQLite's SEQUENTIAL): only tails are lost, the last sector of one may be torn.</summary>
    public static DiskProfile Sequential { get; } = new() { Name = "Sequential", Data = DataLoss.TornSuffix, Entries = EntryLoss.Suffix, SizeFollowsData = true };

    /// <summary>
    /// ext4 with data=ordered: pages in any order, data before the size that covers it, directory changes in journal order, and the flush
    /// of a file that is new or has grown makes all directory changes before it durable.
    /// </summary>
    public static DiskProfile Ext4Ordered { get; } = new()
    {
        Name = "Ext4Ordered",
        Data = DataLoss.Pages,
        Entries = EntryLoss.Suffix,
        SizeFollowsData = true,
        FlushCommitsEntries = true,
    };

    /// <summary>All that POSIX allows: everything in any order, torn and garbage sectors, sizes without data, entries each for themselves.</summary>
    public static DiskProfile Nasty { get; } = new() { Name = "Nasty", Data = DataLoss.TornSectors, Entries = EntryLoss.Any };

    /// <summary>
    /// As <see cref="Nasty"/>, and a flush that reports success may have done nothing. Acknowledged data is lost here: it is for checking
    /// that the loss is noticed, not that it does not happen.
    /// </summary>
    public static DiskProfile Lying { get; } = Nasty with { Name = "Lying", LostFlushRate = 0.3 };

    /// <summary>All five.</summary>
    public static IReadOnlyList<DiskProfile> All { get; } = [Ideal, Sequential, Ext4Ordered, Nasty, Lying];

    /// <summary>Its name, for plans and messages.</summary>
    public required string Name { get; init; }

    /// <summary>What happens to unflushed bytes.</summary>
    public required DataLoss Data { get; init; }

    /// <summary>What happens to directory changes that were not flushed.</summary>
    public required EntryLoss Entries { get; init; }

    /// <summary>True when a size that grew by writing never becomes durable before the data below it.</summary>
    public bool SizeFollowsData { get; init; }

    /// <summary>True when the flush of a file with a new name or size makes all directory changes before it durable.</summary>
    public bool FlushCommitsEntries { get; init; }

    /// <summary>The probability that a flush, also of a directory, does nothing and reports success.</summary>
    public double LostFlushRate { get; init; }

    /// <summary>The probability that a file loses nothing in a power loss.</summary>
    public double KeptFileRate { get; init; } = 0.1;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
