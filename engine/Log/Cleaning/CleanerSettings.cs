namespace Zurau.Engine.Log.Cleaning;

/// <summary>What the cleaner of a broker may use.</summary>
internal sealed record CleanerSettings
{
    /// <summary><c>log.cleaner.dedupe.buffer.size</c>: the most memory that the map of keys takes.</summary>
    internal long DedupeBufferBytes { get; init; } = 128 * 1024 * 1024;

    /// <summary><c>log.cleaner.io.buffer.load.factor</c>: how full that map may become.</summary>
    internal double LoadFactor { get; init; } = 0.9;

    /// <summary><c>log.cleaner.io.buffer.size</c>: bytes that are read at once.</summary>
    internal int IoBufferBytes { get; init; } = 512 * 1024;

    /// <summary><c>log.cleaner.io.max.bytes.per.second</c>: how much it reads and writes.</summary>
    internal double MaxBytesPerSecond { get; init; } = double.MaxValue;

    /// <summary><c>log.cleaner.backoff.ms</c>: how long it waits when there is nothing to clean.</summary>
    internal long BackoffMs { get; init; } = 15_000;

    /// <summary>Bytes of one step, between which the cleaner can be stopped, throttled and told that a log goes away; ours alone.</summary>
    internal int StepBytes { get; init; } = 4 * 1024 * 1024;
}
