using System.Buffers;
using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Reads LZ4 frames with the rules of Kafka's Java reader: one frame of independent
/// blocks. The checksums of header and blocks are verified; the content's size and
/// checksum are ignored, as are all bytes after the frame. Other libraries' frame
/// functions differ in all of these, so only K4os's block functions are used. Writes
/// frames like the Java client: blocks of 64 KiB and no checksum except the header's.
/// The default level is the fast compressor, every other level the high compressor.
/// </summary>
internal sealed class Lz4Codec : ICompressionCodec
{
    // The maximum compression ratio of an LZ4 block.
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

    // Kafka has levels 1 to 17, like lz4-java; the high compressor has 3 to 12 and
    // clamps the others.
    private static LZ4Level CompressorOf(int level) => level == BatchCompression.Lz4DefaultLevel
        ? LZ4Level.L00_FAST
        : (LZ4Level)Math.Clamp(level, (int)LZ4Level.L03_HC, (int)LZ4Level.L12_MAX);

    private static void WriteBlock(ReadOnlySpan<byte> block, IBufferWriter<byte> destination, LZ4Level compressor)
    {
        // Space for one byte less than the block: a block that does not shrink is stored
        // uncompressed.
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
                $"An lz4 block of {block.Length} bytes is malformed or decompresses to more than {room} bytes, the maximum that its frame and the limit of {maxBytes} allow here.");
        }

        destination.Advance(size);
        return size;
    }
}
