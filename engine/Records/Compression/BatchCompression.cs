namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Specifies how batches are compressed: the codec and its level, with Kafka's ranges
/// and defaults. The default value means no compression.
/// </summary>
public readonly record struct BatchCompression
{
    internal const int GzipDefaultLevel = -1;
    internal const int Lz4DefaultLevel = 9;

    // ZSTD_minCLevel(), as in zstd-jni and therefore in Kafka.
    private const int ZstdMinLevel = -131072;

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
        CompressionType.Zstd => 3,
        _ => 0,
    };

    /// <summary>Returns the valid levels; null if the level is valid.</summary>
    public static string? LevelProblem(CompressionType type, int level) => type switch
    {
        CompressionType.Gzip => level is GzipDefaultLevel or (>= 1 and <= 9) ? null : "1 to 9, or -1 for the default",
        CompressionType.Lz4 => level is >= 1 and <= 17 ? null : "1 to 17",
        CompressionType.Zstd => level is >= ZstdMinLevel and <= 22 ? null : "-131072 to 22",
        _ => level == 0 ? null : "0",
    };
}
