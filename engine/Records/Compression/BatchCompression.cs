namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Specifies how batches are compressed: the codec and its level, with Kafka's ranges
/// and defaults. The default value means no compression.
/// </summary>
public readonly record struct BatchCompression
{
    /// <summary>The lowest level of gzip.</summary>
    public const int GzipMinLevel = 1;

    /// <summary>The highest level of gzip.</summary>
    public const int GzipMaxLevel = 9;

    /// <summary>The default level of gzip, which zlib chooses; it is outside of the range.</summary>
    public const int GzipDefaultLevel = -1;

    /// <summary>The lowest level of lz4.</summary>
    public const int Lz4MinLevel = 1;

    /// <summary>The highest level of lz4.</summary>
    public const int Lz4MaxLevel = 17;

    /// <summary>The default level of lz4, the fast compressor.</summary>
    public const int Lz4DefaultLevel = 9;

    /// <summary>The lowest level of zstd: <c>ZSTD_minCLevel()</c>, as zstd-jni and with it Kafka use it.</summary>
    public const int ZstdMinLevel = -131072;

    /// <summary>The highest level of zstd.</summary>
    public const int ZstdMaxLevel = 22;

    /// <summary>The default level of zstd.</summary>
    public const int ZstdDefaultLevel = 3;

    /// <summary>Selects a codec at its default level.</summary>
    public BatchCompression(CompressionType type)
        : this(type, DefaultLevel(type))
    {
    }

    /// <summary>Selects a codec at a level.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The codec does not exist, or
    /// <see cref="LevelProblem"/> is not null.</exception>
    public BatchCompression(CompressionType type, int level)
    {
        if (type is < CompressionType.None or > CompressionType.Zstd)
        {
            throw new ArgumentOutOfRangeException(nameof(type), type, "Codecs exist for Gzip, Snappy, Lz4 and Zstd only.");
        }

        if (LevelProblem(type, level) is { } problem)
        {
            throw new ArgumentOutOfRangeException(nameof(level), level, $"{problem} is expected for {type}.");
        }

        Type = type;
        Level = level;
    }

    /// <summary>The codec.</summary>
    public CompressionType Type { get; }

    /// <summary>Its level; 0 for codecs that have none.</summary>
    public int Level { get; }

    /// <summary>
    /// Returns the level that Kafka uses if none is set: -1 for gzip (zlib's own), 9 for
    /// lz4 (the fast compressor), 3 for zstd.
    /// </summary>
    public static int DefaultLevel(CompressionType type) => type switch
    {
        CompressionType.Gzip => GzipDefaultLevel,
        CompressionType.Lz4 => Lz4DefaultLevel,
        CompressionType.Zstd => ZstdDefaultLevel,
        _ => 0,
    };

    /// <summary>Returns the valid levels; null if the level is valid.</summary>
    public static string? LevelProblem(CompressionType type, int level) => type switch
    {
        CompressionType.Gzip => level is GzipDefaultLevel or (>= GzipMinLevel and <= GzipMaxLevel) ? null : $"{GzipMinLevel} to {GzipMaxLevel}, or {GzipDefaultLevel} for the default",
        CompressionType.Lz4 => level is >= Lz4MinLevel and <= Lz4MaxLevel ? null : $"{Lz4MinLevel} to {Lz4MaxLevel}",
        CompressionType.Zstd => level is >= ZstdMinLevel and <= ZstdMaxLevel ? null : $"{ZstdMinLevel} to {ZstdMaxLevel}",
        _ => level == 0 ? null : "0",
    };
}
