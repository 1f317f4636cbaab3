using System.Buffers;
using System.IO.Compression;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// gzip, with the runtime's own zlib. Concatenated members are one stream, as in Java.
/// </summary>
internal sealed unsafe class GzipCodec : ICompressionCodec
{
    // zlib's default level.
    private const int ZLibDefaultLevel = 6;
    private const int MaxLevel = 9;

    private static readonly ZLibCompressionOptions[] s_options = [.. Enumerable.Range(0, MaxLevel + 1).Select(static level => new ZLibCompressionOptions { CompressionLevel = level })];

    private static ReadOnlySpan<byte> EmptyMember => [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public void Decompress(ReadOnlySpan<byte> compressed, IBufferWriter<byte> destination, int maxBytes)
    {
        fixed (byte* start = compressed)
        {
            using var source = new GzipSource(start, compressed.Length);
            using var gzip = new GZipStream(source, CompressionMode.Decompress);
            try
            {
                int read;
                while ((read = gzip.Read(destination.GetSpan())) > 0)
                {
                    destination.Advance(read);
                }
            }
            catch (Exception exception) when (exception is InvalidDataException or IOException)
            {
                throw new InvalidRecordException($"The gzip stream is malformed: {exception.Message}", exception);
            }
        }
    }

    public void Compress(ReadOnlySpan<byte> records, IBufferWriter<byte> destination, int level)
    {
        if (records.IsEmpty)
        {
            // For an empty input the runtime's encoder writes nothing, not even a header.
            destination.Write(EmptyMember);
            return;
        }

        ZLibCompressionOptions options = s_options[level == BatchCompression.GzipDefaultLevel ? ZLibDefaultLevel : level];
        using var gzip = new GZipStream(new GzipTarget(destination), options);
        gzip.Write(records);
    }
}
