using System.Buffers.Binary;
using System.IO.Hashing;
using K4os.Compression.LZ4;
using ZstdSharp;

namespace Engine.Tests.Records.Compression;

/// <summary>
/// Writes lz4 and zstd frames in the forms that other clients write and our codecs do
/// not.
/// </summary>
internal static class FrameEncoders
{
    private const uint StoredBit = 0x8000_0000;
    private const int Version1Independent = 0x60;

    /// <summary>One frame of independent blocks; block size ids 4 to 7 are 64 KiB to 4 MiB.</summary>
    internal static byte[] Lz4(byte[] bytes, int blockSizeId = 4, bool contentChecksum = false, bool blockChecksums = false, bool contentSize = false)
    {
        var frame = new List<byte> { 0x04, 0x22, 0x4D, 0x18 };
        frame.Add((byte)(Version1Independent | (blockChecksums ? 0x10 : 0) | (contentSize ? 0x08 : 0) | (contentChecksum ? 0x04 : 0)));
        frame.Add((byte)(blockSizeId << 4));
        if (contentSize)
        {
            Span<byte> size = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(size, (ulong)bytes.Length);
            frame.AddRange(size);
        }

        frame.Add((byte)(XxHash32.HashToUInt32([.. frame[4..]]) >> 8));
        foreach (byte[] block in bytes.Chunk(1 << ((2 * blockSizeId) + 8)))
        {
            byte[] target = new byte[block.Length];
            int size = LZ4Codec.Encode(block, target.AsSpan(0, block.Length - 1));
            byte[] data = size > 0 ? target[..size] : block;
            Number(frame, (uint)data.Length | (size > 0 ? 0 : StoredBit));
            frame.AddRange(data);
            if (blockChecksums)
            {
                Number(frame, XxHash32.HashToUInt32(data));
            }
        }

        Number(frame, 0);
        if (contentChecksum)
        {
            Number(frame, XxHash32.HashToUInt32(bytes));
        }

        return [.. frame];
    }

    /// <summary>
    /// One frame; the streaming form, which Kafka uses, does not contain its content size.
    /// </summary>
    internal static byte[] Zstd(byte[] bytes, int level = 3, bool isStreaming = true)
    {
        if (!isStreaming)
        {
            using var compressor = new Compressor(level);
            return compressor.Wrap(bytes).ToArray();
        }

        using var target = new MemoryStream();
        using (var stream = new CompressionStream(target, level))
        {
            stream.Write(bytes);
        }

        return target.ToArray();
    }

    private static void Number(List<byte> target, uint value)
    {
        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(number, value);
        target.AddRange(number);
    }
}
