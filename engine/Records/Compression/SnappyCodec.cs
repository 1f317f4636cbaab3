using System.Buffers;
using System.Buffers.Binary;
using Snappier;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Reads and writes snappy in the two framings of Kafka's clients: xerial's stream
/// (Java: a header of 16 bytes, then blocks with a length each) and one raw block
/// (librdkafka). The two are distinguished as in snappy-java. Writes the stream, which
/// all clients can read, with Snappier's blocks. Blocks are read by
/// <see cref="SnappyBlock"/>: Snappier's decoder accepts damaged blocks that libsnappy
/// refuses, and allocates any length that the input states.
/// </summary>
internal sealed class SnappyCodec : ICompressionCodec
{
    private const int HeaderSize = 16;
    private const int LengthSize = 4;

    /// <summary>Uncompressed bytes per block of a stream, as in snappy-java.</summary>
    private const int BlockSize = 32 * 1024;

    /// <summary>
    /// The writer's version and the oldest version that can read it: both int32, both 1
    /// today.
    /// </summary>
    private const int CompatibleVersion = 1;

    private static ReadOnlySpan<byte> Magic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    public void Decompress(ReadOnlySpan<byte> compressed, IBufferWriter<byte> destination, int maxBytes)
    {
        if (!IsHeader(compressed))
        {
            Append(compressed, destination);
            return;
        }

        ReadOnlySpan<byte> left = compressed;
        while (!left.IsEmpty)
        {
            // Streams may be concatenated: then a header follows instead of a length. As a
            // length it would be negative.
            if (IsHeader(left))
            {
                CheckVersion(left);
                left = left[HeaderSize..];
                continue;
            }

            int length = left.Length < LengthSize ? -1 : BinaryPrimitives.ReadInt32BigEndian(left);
            if (length < 0 || length > left.Length - LengthSize)
            {
                throw new InvalidRecordException(
                    $"The snappy stream is malformed at byte {compressed.Length - left.Length}: a block of {length} bytes exceeds the {left.Length} bytes left.");
            }

            Append(left.Slice(LengthSize, length), destination);
            left = left[(LengthSize + length)..];
        }
    }

    public void Compress(ReadOnlySpan<byte> records, IBufferWriter<byte> destination, int level)
    {
        Span<byte> header = destination.GetSpan(HeaderSize);
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32BigEndian(header[Magic.Length..], CompatibleVersion);
        BinaryPrimitives.WriteInt32BigEndian(header[(Magic.Length + sizeof(int))..], CompatibleVersion);
        destination.Advance(HeaderSize);
        for (ReadOnlySpan<byte> left = records; !left.IsEmpty;)
        {
            ReadOnlySpan<byte> block = left[..Math.Min(left.Length, BlockSize)];
            Span<byte> chunk = destination.GetSpan(LengthSize + Snappy.GetMaxCompressedLength(block.Length));
            int size = Snappy.Compress(block, chunk[LengthSize..]);
            BinaryPrimitives.WriteInt32BigEndian(chunk, size);
            destination.Advance(LengthSize + size);
            left = left[block.Length..];
        }
    }

    private static bool IsHeader(ReadOnlySpan<byte> bytes) => bytes.Length >= HeaderSize && bytes.StartsWith(Magic);

    private static void CheckVersion(ReadOnlySpan<byte> header)
    {
        int version = BinaryPrimitives.ReadInt32BigEndian(header[Magic.Length..]);
        if (version < CompatibleVersion)
        {
            throw new InvalidRecordException($"The snappy stream has version {version}; only version {CompatibleVersion} is supported.");
        }
    }

    private static void Append(ReadOnlySpan<byte> block, IBufferWriter<byte> destination)
    {
        int length = SnappyBlock.ReadLength(block, out int headerSize);
        if (length > 0)
        {
            Span<byte> output = destination.GetSpan(length)[..length];
            SnappyBlock.Decode(block[headerSize..], output);
            destination.Advance(length);
        }
        else if (headerSize != block.Length)
        {
            throw new InvalidRecordException($"The snappy block has the decompressed length 0, but {block.Length - headerSize} more bytes.");
        }
    }
}
