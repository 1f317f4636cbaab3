namespace Zurau.Harness.Bench;

/// <summary>
/// The latency of the first record in a new directory, and the flushes that it needed.
/// </summary>
internal readonly record struct FirstRecord(double Milliseconds, int FileFlushes, int DirectoryFlushes, IReadOnlyCollection<string> Flushed);
