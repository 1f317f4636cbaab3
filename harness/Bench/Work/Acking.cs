namespace Zurau.Harness.Bench.Work;

/// <summary>What an appender asks for and waits for.</summary>
internal enum Acking
{
    /// <summary>acks=1 for every batch.</summary>
    Leader,

    /// <summary>acks=1, and acks=all for one batch each 5 ms, not waited for until the end: commits as FasterLog's are made.</summary>
    AllEach5Ms,

    /// <summary>acks=all for every batch, with a window of batches that are not acknowledged yet.</summary>
    AllEach,
}
