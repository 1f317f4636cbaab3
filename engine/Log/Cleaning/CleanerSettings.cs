namespace Zurau.Engine.Log.Cleaning;

/// <summary>What the cleaner of a broker may use.</summary>
internal sealed record CleanerSettings
{
    /// <summary>Gets the largest memory of the map of keys.</summary>
    internal required long DedupeBufferBytes { get; init; }

    /// <summary>Gets how full that map may become, as a share.</summary>
    internal required double LoadFactor { get; init; }

    /// <summary>Gets the bytes that are read at once.</summary>
    internal required int IoBufferBytes { get; init; }

    /// <summary>Gets the bytes per second that are read and written.</summary>
    internal required double MaxBytesPerSecond { get; init; }

    /// <summary>Gets the pause when nothing is to be cleaned.</summary>
    internal required long BackoffMs { get; init; }

    /// <summary>Bytes of one step, between which the cleaner can be stopped, throttled and told that a log goes away; ours alone.</summary>
    internal required int StepBytes { get; init; }
}
