namespace Zurau.Tool.Dumping;

/// <summary>Specifies which content of a data directory is dumped.</summary>
/// <param name="Topic">The topic; null for all.</param>
/// <param name="Partition">The partition number; null for all.</param>
/// <param name="Records">True to print batches and records.</param>
/// <param name="Limit">The maximum number of records per partition.</param>
internal sealed record DumpOptions(string? Topic, int? Partition, bool Records, long Limit);
