namespace Zurau.Engine.Log.Cleaning;

/// <summary>Limits what the cleaner of a broker uses.</summary>
internal sealed record CleanerSettings
{
    /// <summary>Gets the maximum memory of the offset map.</summary>
    internal required long DedupeBufferBytes { get; init; }

    /// <summary>Gets how full that map may become, as a share.</summary>
    internal required double LoadFactor { get; init; }

    /// <summary>Gets the bytes of one read.</summary>
    internal required int IoBufferBytes { get; init; }

    /// <summary>Gets the bytes per second that are read and written.</summary>
    internal required double MaxBytesPerSecond { get; init; }

    /// <summary>Gets the pause when there is nothing to clean.</summary>
    internal required long BackoffMs { get; init; }

    /// <summary>
    /// Gets the bytes of one step; between steps the cleaner can be stopped or throttled, and
    /// sees that a log is closed. Not a setting of Kafka.
    /// </summary>
    internal required int StepBytes { get; init; }
}
