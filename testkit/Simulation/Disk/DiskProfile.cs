namespace Zurau.Testing.Simulation;

/// <summary>
/// Specifies what a disk and its file system may lose at a power loss. In every profile
/// except <see cref="Lying"/>, a flushed byte that was not changed since survives, even
/// if its sector was being written (SQLite: powersafe overwrite).
/// </summary>
public sealed record DiskProfile
{
    /// <summary>
    /// Gets a profile in which directory changes are durable immediately, and a file
    /// loses a tail of whole unflushed sectors.
    /// </summary>
    public static DiskProfile Ideal { get; } = new() { Name = "Ideal", Data = DataLoss.Suffix, Entries = EntryLoss.None, SizeFollowsData = true };

    /// <summary>
    /// Gets a profile in which all changes reach the disk in order (SQLite: SEQUENTIAL):
    /// only tails are lost, and the last sector may be torn.
    /// </summary>
    public static DiskProfile Sequential { get; } = new() { Name = "Sequential", Data = DataLoss.TornSuffix, Entries = EntryLoss.Suffix, SizeFollowsData = true };

    /// <summary>
    /// Gets the profile of ext4 with data=ordered: pages in any order, data before the
    /// size that covers it, directory changes in journal order. The flush of a file that
    /// is new or has grown makes all earlier directory changes durable.
    /// </summary>
    public static DiskProfile Ext4Ordered { get; } = new()
    {
        Name = "Ext4Ordered",
        Data = DataLoss.Pages,
        Entries = EntryLoss.Suffix,
        SizeFollowsData = true,
        FlushCommitsEntries = true,
    };

    /// <summary>
    /// Gets a profile that loses as much as POSIX allows: writes in any order, torn and
    /// garbage sectors, sizes without data, and each directory change independently.
    /// </summary>
    public static DiskProfile Nasty { get; } = new() { Name = "Nasty", Data = DataLoss.TornSectors, Entries = EntryLoss.Any };

    /// <summary>
    /// Gets a profile as <see cref="Nasty"/> in which 30 % of the flushes do nothing and
    /// report success. Acknowledged data may be lost: use this profile to test that the
    /// loss is detected.
    /// </summary>
    public static DiskProfile Lying { get; } = Nasty with { Name = "Lying", LostFlushRate = 0.3 };

    /// <summary>Gets all five profiles.</summary>
    public static IReadOnlyList<DiskProfile> All { get; } = [Ideal, Sequential, Ext4Ordered, Nasty, Lying];

    /// <summary>Gets the name, for plans and messages.</summary>
    public required string Name { get; init; }

    /// <summary>Gets what happens to unflushed bytes.</summary>
    public required DataLoss Data { get; init; }

    /// <summary>Gets what happens to directory changes that were not flushed.</summary>
    public required EntryLoss Entries { get; init; }

    /// <summary>
    /// Gets whether a size that grew by writing becomes durable only after the data below
    /// it. False by default.
    /// </summary>
    public bool SizeFollowsData { get; init; }

    /// <summary>
    /// Gets whether the flush of a file with a new name or size makes all earlier
    /// directory changes durable. False by default.
    /// </summary>
    public bool FlushCommitsEntries { get; init; }

    /// <summary>
    /// Gets the probability (0 to 1) that a flush of a file or directory does nothing and
    /// reports success. 0 by default.
    /// </summary>
    public double LostFlushRate { get; init; }

    /// <summary>
    /// Gets the probability (0 to 1) that a file loses nothing at a power loss. 0.1 by
    /// default.
    /// </summary>
    public double KeptFileRate { get; init; } = 0.1;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
