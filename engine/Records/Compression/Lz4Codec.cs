using System.Buffers;
using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// LZ4 frames, read with the rules of Kafka's Java reader: one frame of independent blocks; the checksums of header and blocks are
/// verified, the content's size and checksum are ignored, and so is what follows the frame. The frame functions of other libraries
/// differ in all of these, so only K4os's block functions are used. Written are frames like those of the Java client: blocks of
/// 64 KiB, no checksum but the header's; the default level is the fast compressor, every other one the high compressor.
/// </summary>
internal sealed class Lz4Codec : ICompressionCodec
{
    // No LZ4 block decompresses to more than this many times its size.
    private const int MaxRatio = 255;

    private const int BlockSize = 64 * 1024;
    private const int EndMarkSize = sizeof(uint);
    private const uint StoredBit = 0x8000_0000;

    // Magic number, version 1 with independent blocks, 64 KiB, and the descriptor's checksum.
    private static ReadOnlySpan<byte> FrameHeader => [0x04, 0x22, 0x4D, 0x18, 0x60, 0x40, 0x82];

    public void Decompress(ReadOnlySpan<byte> compressed, IBufferWriter<byte> destination, int maxBytes)
    {
        var frame = new Lz4FrameReader(compressed);
        int written = 0;
        while (frame.ReadBlock(out ReadOnlySpan<byte> block, out bool isStored))
        {
            written += isStored ? Store(block, destination) : Decompress(block, destination, Math.Min(frame.MaxBlockSize, maxBytes - written), maxBytes);
        }
    }

    public void Compress(ReadOnlySpan<byte> records, IBufferWriter<byte> destination, int level)
    {
        LZ4Level compressor = CompressorOf(level);
        destination.Write(FrameHeader);
        for (ReadOnlySpan<byte> left = records; !left.IsEmpty;)
        {
            ReadOnlySpan<byte> block = left[..Math.Min(left.Length, BlockSize)];
            WriteBlock(block, destination, compressor);
            left = left[block.Length..];
        }

        Span<byte> endMark = destination.GetSpan(EndMarkSize);
        endMark[..EndMarkSize].Clear();
        destination.Advance(EndMarkSize);
    }

    // Kafka has levels 1 to 17, as lz4-java; the high compressor has 3 to 12 and clamps the others.
    private static LZ4Level CompressorOf(int level) => level == BatchCompression.Lz4DefaultLevel
        ? LZ4Level.L00_FAST
        : (LZ4Level)Math.Clamp(level, (int)LZ4Level.L03_HC, (int)LZ4Level.L12_MAX);

    private static void WriteBlock(ReadOnlySpan<byte> block, IBufferWriter<byte> destination, LZ4Level compressor)
    {
        // Room for one byte less than the block: what does not become smaller is stored.
        Span<byte> output = destination.GetSpan(sizeof(uint) + block.Length);
        int size = LZ4Codec.Encode(block, output.Slice(sizeof(uint), block.Length - 1), compressor);
        if (size > 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(output, (uint)size);
        }
        else
        {
            size = block.Length;
            BinaryPrimitives.WriteUInt32LittleEndian(output, (uint)size | StoredBit);
            block.CopyTo(output[sizeof(uint)..]);
        }

        destination.Advance(sizeof(uint) + size);
    }

    private static int Store(ReadOnlySpan<byte> block, IBufferWriter<byte> destination)
    {
        destination.Write(block);
        return block.Length;
    }

    private static int Decompress(ReadOnlySpan<byte> block, IBufferWriter<byte> destination, int room, int maxBytes)
    {
        int capacity = (int)Math.Min(room, (long)block.Length * MaxRatio);
        Span<byte> output = destination.GetSpan(Math.Max(capacity, 1))[..capacity];
        int size = LZ4Codec.Decode(block, output);
        if (size < 0 || size > capacity)
        {
            throw new InvalidRecordException(
                $"An lz4 block of {block.Length} bytes is malformed or decompresses to more than {room} bytes, the most that its frame and the bound of {maxBytes} allow here.");
        }

        destination.Advance(size);
        return size;
    }
}
