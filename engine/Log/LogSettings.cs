using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>The settings of one log.</summary>
internal sealed record LogSettings
{
    internal int SegmentBytes { get; init; } = 1024 * 1024 * 1024;

    internal int MaxMessageBytes { get; init; } = 1_048_588;

    internal int IndexIntervalBytes { get; init; } = 4096;

    internal TimestampType TimestampType { get; init; } = TimestampType.CreateTime;

    /// <summary>True when the cleaner may have taken batches away, so that offsets may have gaps.</summary>
    internal bool IsCompacted { get; init; }

    internal LogHooks? Hooks { get; init; }
}
