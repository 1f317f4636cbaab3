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

    /// <summary>True when the cleaner may have taken batches away, so that offsets may have gaps.</summary>
    internal bool IsCompacted { get; init; }

    internal LogHooks? Hooks { get; init; }
}
