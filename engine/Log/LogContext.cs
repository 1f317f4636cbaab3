using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// The state that the parts of one log share. Immutable, except for the settings, the abandoned
/// flag and the lifecycle that it refers to.
/// </summary>
internal sealed class LogContext
{
    /// <param name="storage">The data directory.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="directory">Its folder, relative to the data directory.</param>
    /// <param name="settings">The log's settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="health">Shows failures of the log; null if nothing shows them.</param>
    internal LogContext(IStorage storage, TopicPartition partition, string directory, LogSettings settings, TimeProvider time, HealthLog? health = null)
    {
        Partition = partition;
        Directory = new LogDirectory(storage, directory);
        Settings = new CurrentSettings(settings);
        Time = time;
        Hooks = settings.Hooks;
        Health = new LogHealth(health, partition, Directory);
    }

    internal TopicPartition Partition { get; }

    internal LogDirectory Directory { get; }

    internal CurrentSettings Settings { get; }

    internal TimeProvider Time { get; }

    /// <summary>Null in production.</summary>
    internal LogHooks? Hooks { get; }

    internal LogHealth Health { get; }

    internal LogLifecycle Lifecycle { get; } = new();

    /// <summary>Closes the files of segments that are not read; null if they stay open.</summary>
    internal SegmentCache? SegmentCache { get; init; }

    /// <summary>Distributes logs over the broker's flushers; null for internal topics.</summary>
    internal int? Number { get; init; } = 0;

    /// <summary>Wall-clock milliseconds.</summary>
    internal long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The time in seconds for <see cref="BatchWindow"/>.</summary>
    internal int NowSeconds => ResidentChunks.SecondsOf(Time);
}
