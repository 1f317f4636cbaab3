using System.Buffers;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// LZ4 frames, read with exactly the rules of Kafka's Java reader: one frame of independent blocks; the checksums of header and
/// blocks count, the content's size and checksum are read over, and so is what follows the frame. liblz4's own frame functions
/// differ in all of these, so only its block function is used.
/// </summary>
internal sealed unsafe class Lz4Codec(NativeCodecLibrary library) : ICompressionCodec
{
    // No LZ4 block decompresses to more than this many times its size.
    private const int MaxRatio = 255;

    private readonly Lazy<nint> _decompressBlock = new(() => library.Function(library.Load(), "LZ4_decompress_safe"), LazyThreadSafetyMode.PublicationOnly);

    public void Decompress(ReadOnlySpan<byte> compressed, IBufferWriter<byte> destination, int maxBytes)
    {
        var frame = new Lz4FrameReader(compressed);
        int written = 0;
        while (frame.ReadBlock(out ReadOnlySpan<byte> block, out bool isStored))
        {
            written += isStored ? Store(block, destination) : Decompress(block, destination, Math.Min(frame.MaxBlockSize, maxBytes - written), maxBytes);
        }
    }

    private static int Store(ReadOnlySpan<byte> block, IBufferWriter<byte> destination)
    {
        destination.Write(block);
        return block.Length;
    }

    private int Decompress(ReadOnlySpan<byte> block, IBufferWriter<byte> destination, int room, int maxBytes)
    {
        int capacity = (int)Math.Min(room, (long)block.Length * MaxRatio);
        Span<byte> output = destination.GetSpan(Math.Max(capacity, 1))[..capacity];
        int size;
        fixed (byte* source = block)
        fixed (byte* target = output)
        {
            // int LZ4_decompress_safe(const char* src, char* dst, int compressedSize, int dstCapacity)
            size = ((delegate* unmanaged<byte*, byte*, int, int, int>)_decompressBlock.Value)(source, target, block.Length, capacity);
        }

        if (size < 0 || size > capacity)
        {
            throw new InvalidRecordException(
                $"An lz4 block of {block.Length} bytes is malformed or decompresses to more than {room} bytes, the most that its frame and the bound of {maxBytes} allow here.");
        }

        destination.Advance(size);
        return size;
    }
}
