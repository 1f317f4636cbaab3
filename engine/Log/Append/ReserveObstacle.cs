namespace Zurau.Engine.Log;

/// <summary>What prevents a batch from being reserved in a segment as it is.</summary>
internal enum ReserveObstacle
{
    /// <summary>Nothing: the batch fits.</summary>
    None,

    /// <summary>The segment is sealed: the next one must be linked.</summary>
    Sealed,

    /// <summary>The segment is full for this batch, or too old: the next one begins.</summary>
    Full,

    /// <summary>The batch is larger than the empty segment: it is refused.</summary>
    BatchTooLarge,

    /// <summary>The file is too short: it must grow.</summary>
    NotAllocated,
}
