using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Extensions.ObjectPool;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// LZ4 frames, read with exactly the rules of Kafka's Java reader: one frame of independent blocks; the checksums of header and
/// blocks count, the content's size and checksum are read over, and so is what follows the frame. liblz4's own frame functions
/// differ in all of these, so only its block functions are used. Written are frames like those of the Java client: blocks of
/// 64 KiB, no checksums but the header's; the default level is the fast compressor, every other one the high compressor.
/// </summary>
internal sealed unsafe class Lz4Codec(NativeCodecLibrary library) : ICompressionCodec
{
    // No LZ4 block decompresses to more than this many times its size.
    private const int MaxRatio = 255;

    private const int BlockSize = 64 * 1024;
    private const int EndMarkSize = sizeof(uint);
    private const uint StoredBit = 0x8000_0000;

    private readonly Lazy<nint> _decompressBlock = new(() => library.Function(library.Load(), "LZ4_decompress_safe"), LazyThreadSafetyMode.PublicationOnly);
    private readonly Lazy<nint> _compressBlock = new(() => library.Function(library.Load(), "LZ4_compress_default"), LazyThreadSafetyMode.PublicationOnly);
    private readonly Lazy<ObjectPool<Lz4HighCompressor>> _highCompressors = new(
        () => new DefaultObjectPoolProvider().Create(new HighPolicy(new Lz4HighFunctions(library))),
        LazyThreadSafetyMode.PublicationOnly);

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
        Lz4HighCompressor? high = level == BatchCompression.Lz4DefaultLevel ? null : _highCompressors.Value.Get();
        try
        {
            destination.Write(FrameHeader);
            for (ReadOnlySpan<byte> left = records; !left.IsEmpty;)
            {
                ReadOnlySpan<byte> block = left[..Math.Min(left.Length, BlockSize)];
                WriteBlock(block, destination, high, level);
                left = left[block.Length..];
            }

            Span<byte> endMark = destination.GetSpan(EndMarkSize);
            endMark[..EndMarkSize].Clear();
            destination.Advance(EndMarkSize);
        }
        finally
        {
            if (high is not null)
            {
                _highCompressors.Value.Return(high);
            }
        }
    }

    private void WriteBlock(ReadOnlySpan<byte> block, IBufferWriter<byte> destination, Lz4HighCompressor? high, int level)
    {
        // Room for the block as it is, and not for more: what does not become smaller is stored.
        Span<byte> output = destination.GetSpan(sizeof(uint) + block.Length);
        Span<byte> room = output.Slice(sizeof(uint), block.Length - 1);
        int size = high is not null ? high.Compress(block, room, level) : CompressFast(block, room);
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

    private int CompressFast(ReadOnlySpan<byte> block, Span<byte> output)
    {
        fixed (byte* source = block)
        fixed (byte* target = output)
        {
            // int LZ4_compress_default(const char* src, char* dst, int srcSize, int dstCapacity); 0 where it does not fit.
            return ((delegate* unmanaged<byte*, byte*, int, int, int>)_compressBlock.Value)(source, target, block.Length, output.Length);
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

    private sealed class HighPolicy(Lz4HighFunctions functions) : PooledObjectPolicy<Lz4HighCompressor>
    {
        public override Lz4HighCompressor Create() => new(functions);

        public override bool Return(Lz4HighCompressor obj) => true;
    }
}
