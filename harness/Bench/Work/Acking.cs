namespace Zurau.Harness.Bench.Work;

/// <summary>Specifies the acks of an appender and what it waits for.</summary>
internal enum Acking
{
    /// <summary>Acks=1 for every batch.</summary>
    Leader,

    /// <summary>
    /// Acks=1, and acks=all for one batch every 5 ms, awaited only at the end: the same
    /// pattern as FasterLog's commits.
    /// </summary>
    AllEach5Ms,

    /// <summary>
    /// Acks=all for every batch, with a limited number of unacknowledged batches.
    /// </summary>
    AllEach,
}
