namespace Zurau.Harness.Dumping;

/// <summary>What of a data directory is dumped.</summary>
/// <param name="Topic">Only this topic; null for all.</param>
/// <param name="Partition">Only this partition number; null for all.</param>
/// <param name="Records">Whether batches and records are written.</param>
/// <param name="Limit">The most records of a partition.</param>
internal sealed record DumpOptions(string? Topic, int? Partition, bool Records, long Limit);
