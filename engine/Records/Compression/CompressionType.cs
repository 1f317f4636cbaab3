namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Kafka's compression types: the lowest three bits of a batch's attributes. 5 to 7 do
/// not exist.
/// </summary>
public enum CompressionType
{
    /// <summary>Not compressed.</summary>
    None = 0,

    /// <summary>RFC 1952 members.</summary>
    Gzip = 1,

    /// <summary>Snappy, as one raw block or as xerial's stream of blocks.</summary>
    Snappy = 2,

    /// <summary>One LZ4 frame of independent blocks.</summary>
    Lz4 = 3,

    /// <summary>Zstandard frames.</summary>
    Zstd = 4,
}
