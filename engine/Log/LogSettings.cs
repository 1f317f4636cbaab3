using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Log;

/// <summary>The settings of one log.</summary>
internal sealed record LogSettings
{
    internal int SegmentBytes { get; init; } = 1024 * 1024 * 1024;

    internal int MaxMessageBytes { get; init; } = 1_048_588;

    internal int IndexIntervalBytes { get; init; } = 4096;

    /// <summary>A segment whose index files would be larger than this is full.</summary>
    internal int SegmentIndexBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>How much later than its first batch a segment's last one may be.</summary>
    internal long SegmentMs { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>The same, and no more than a dirty record may wait for its cleaning: the active segment is not cleaned.</summary>
    internal long LongestSegmentMs => IsCompacted ? Math.Min(SegmentMs, MaxCompactionLagMs) : SegmentMs;

    /// <summary>Up to this much is taken off <see cref="SegmentMs"/>, by chance, so that logs do not roll all at once.</summary>
    internal long SegmentJitterMs { get; init; }

    /// <summary>An append that makes this many records not durable waits until they are.</summary>
    internal long FlushMessages { get; init; } = long.MaxValue;

    /// <summary>How long a record may be published and not durable.</summary>
    internal long FlushMs { get; init; } = long.MaxValue;

    /// <summary>The seed of what is left to chance.</summary>
    internal int RandomSeed { get; init; }

    internal TimestampType TimestampType { get; init; } = TimestampType.CreateTime;

    /// <summary>How much older than the clock a record's timestamp may be.</summary>
    internal long TimestampBeforeMaxMs { get; init; } = long.MaxValue;

    /// <summary>How much newer than the clock a record's timestamp may be.</summary>
    internal long TimestampAfterMaxMs { get; init; } = 60 * 60 * 1000;

    /// <summary>How batches are stored; null keeps what the producer sent.</summary>
    internal BatchCompression? Compression { get; init; }

    /// <summary><c>cleanup.policy</c> has <c>compact</c>: the cleaner takes records away, so that offsets have gaps.</summary>
    internal bool IsCompacted { get; init; }

    /// <summary><c>cleanup.policy</c> has <c>delete</c>: full segments go by age and size.</summary>
    internal bool IsDeleted { get; init; } = true;

    /// <summary>How long records stay; -1 for ever.</summary>
    internal long RetentionMs { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>How large a log may become; -1 for any size.</summary>
    internal long RetentionBytes { get; init; } = -1;

    /// <summary>How long the files of a removed segment stay, renamed.</summary>
    internal long FileDeleteDelayMs { get; init; } = 60_000;

    /// <summary>Dirty bytes to all bytes from which on a log is cleaned.</summary>
    internal double MinCleanableDirtyRatio { get; init; } = 0.5;

    /// <summary>Records younger than this are not cleaned.</summary>
    internal long MinCompactionLagMs { get; init; }

    /// <summary>A log with an older dirty record is cleaned, whatever its dirty ratio is.</summary>
    internal long MaxCompactionLagMs { get; init; } = long.MaxValue;

    /// <summary>How long a tombstone stays once it is all that is left of its key.</summary>
    internal long DeleteRetentionMs { get; init; } = 24L * 60 * 60 * 1000;

    internal LogHooks? Hooks { get; init; }
}
