using System.Buffers.Binary;
using System.IO.Hashing;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Splits an LZ4 frame (format 1.5.1) into its blocks, like Kafka's Java reader.
/// Little-endian.
/// </summary>
internal ref struct Lz4FrameReader
{
    private const uint Magic = 0x184D2204;
    private const uint StoredBit = 0x8000_0000;
    private const int VersionMask = 0xC0;
    private const int Version1 = 0x40;
    private const int IndependentBlocks = 0x20;
    private const int BlockChecksums = 0x10;
    private const int ContentSize = 0x08;
    private const int ContentChecksum = 0x04;
    private const int ReservedFlags = 0x03;
    private const int ReservedDescriptor = 0x8F;

    private readonly int _flags;
    private ReadOnlySpan<byte> _left;
    private bool _isEnd;

    internal Lz4FrameReader(ReadOnlySpan<byte> bytes)
    {
        _left = bytes;
        if (ReadUInt32() != Magic)
        {
            throw Malformed("its magic number is wrong");
        }

        ReadOnlySpan<byte> descriptor = _left;
        _flags = Take(1)[0];
        int block = Take(1)[0];
        if ((_flags & VersionMask) != Version1 || (_flags & IndependentBlocks) == 0 || (_flags & ReservedFlags) != 0 || (block & ReservedDescriptor) != 0)
        {
            throw Malformed($"its descriptor {_flags:x2} {block:x2} is not that of version 1 with independent blocks");
        }

        // 4 to 7 mean 64 KiB, 256 KiB, 1 MiB and 4 MiB.
        int code = block >> 4;
        MaxBlockSize = code >= 4 ? 1 << ((2 * code) + 8) : throw Malformed($"its block size code is {code}");
        if ((_flags & ContentSize) != 0)
        {
            Take(sizeof(ulong));
        }

        descriptor = descriptor[..^_left.Length];
        if (Take(1)[0] != (byte)(XxHash32.HashToUInt32(descriptor) >> 8))
        {
            throw Malformed("its header does not match its checksum");
        }
    }

    /// <summary>The maximum size of a block in bytes, compressed or decompressed.</summary>
    internal int MaxBlockSize { get; }

    /// <summary>Moves to the next block; false at the frame's end mark.</summary>
    internal bool ReadBlock(out ReadOnlySpan<byte> block, out bool isStored)
    {
        block = default;
        isStored = false;
        uint word = _isEnd ? 0 : ReadUInt32();
        int size = (int)(word & ~StoredBit);
        if (size == 0)
        {
            if (!_isEnd && (_flags & ContentChecksum) != 0)
            {
                Take(sizeof(uint));
            }

            _isEnd = true;
            return false;
        }

        if (size > MaxBlockSize)
        {
            throw Malformed($"a block of {size} bytes exceeds the maximum of {MaxBlockSize}");
        }

        isStored = (word & StoredBit) != 0;
        block = Take(size);
        if ((_flags & BlockChecksums) != 0 && ReadUInt32() != XxHash32.HashToUInt32(block))
        {
            throw Malformed("a block does not match its checksum");
        }

        return true;
    }

    private uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    private ReadOnlySpan<byte> Take(int size)
    {
        if (size > _left.Length)
        {
            throw Malformed($"{size} more bytes are expected at its end");
        }

        ReadOnlySpan<byte> taken = _left[..size];
        _left = _left[size..];
        return taken;
    }

    private static InvalidRecordException Malformed(string what) => new($"The lz4 frame is malformed: {what}.");
}
