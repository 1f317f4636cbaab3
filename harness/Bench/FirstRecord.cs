namespace Zurau.Harness.Bench;

/// <summary>How long the first record of a new directory took, and the flushes behind it.</summary>
internal readonly record struct FirstRecord(double Milliseconds, int FileFlushes, int DirectoryFlushes, IReadOnlyCollection<string> Flushed);
