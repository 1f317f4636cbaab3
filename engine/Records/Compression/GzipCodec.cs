using System.Buffers;
using System.IO.Compression;

namespace Zurau.Engine.Records.Compression;

/// <summary>gzip by the runtime's own zlib. Concatenated members are one stream, as Java reads them.</summary>
internal sealed unsafe class GzipCodec : ICompressionCodec
{
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
}
