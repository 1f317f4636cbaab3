using Zurau.Engine.Common.Settings;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Log;

/// <summary>
/// Holds the settings of one log. The build adds a property for each topic setting that
/// <c>BrokerOptions</c> declares; this file has the derived ones.
/// </summary>
internal sealed partial record LogSettings
{
    /// <summary>
    /// Gets <see cref="SegmentMs"/>, but at most the time that a dirty record may wait for its
    /// cleaning: the active segment is not cleaned.
    /// </summary>
    internal long LongestSegmentMs => IsCompacted ? Math.Min(SegmentMs, MaxCompactionLagMs) : SegmentMs;

    /// <summary>Gets the seed of the jitter.</summary>
    internal int RandomSeed { get; init; }

    /// <summary>Gets how batches are stored; null keeps what the producer sent.</summary>
    internal BatchCompression? Compression { get; init; }

    /// <summary>
    /// Gets whether <c>cleanup.policy</c> has <c>compact</c>: the cleaner removes records, so
    /// that offsets have gaps.
    /// </summary>
    internal bool IsCompacted { get; init; }

    /// <summary>
    /// Gets whether <c>cleanup.policy</c> has <c>delete</c>: full segments are deleted by age
    /// and size.
    /// </summary>
    internal bool HasDeletePolicy { get; init; } = true;

    internal LogHooks? Hooks { get; init; }

    /// <summary>
    /// Derives the policy and the codec from their texts, so that an append does not parse
    /// them.
    /// </summary>
    /// <exception cref="ArgumentException">The codec does not exist.</exception>
    internal LogSettings Derive()
    {
        string[] policy = SettingText.Words(CleanupPolicy);
        return this with { IsCompacted = policy.Contains("compact"), HasDeletePolicy = policy.Contains("delete"), Compression = DeriveCompression() };
    }

    private BatchCompression? DeriveCompression() => CompressionType switch
    {
        "producer" => null,
        "uncompressed" => new BatchCompression(Records.Compression.CompressionType.None),
        "gzip" => new BatchCompression(Records.Compression.CompressionType.Gzip, CompressionGzipLevel),
        "snappy" => new BatchCompression(Records.Compression.CompressionType.Snappy),
        "lz4" => new BatchCompression(Records.Compression.CompressionType.Lz4, CompressionLz4Level),
        "zstd" => new BatchCompression(Records.Compression.CompressionType.Zstd, CompressionZstdLevel),
        _ => throw new ArgumentException($"compression.type={CompressionType}: this codec does not exist."),
    };
}
