using System.Runtime.CompilerServices;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Decodes one raw snappy block: the decompressed length, then literals and copies of
/// earlier output. Pure; source: snappy's format description.
/// </summary>
internal static class SnappyBlock
{
    // The densest element is a copy of 64 bytes encoded in 3, which limits the
    // compression ratio.
    private const int MaxCopyLength = 64;
    private const int Step = 16;
    private const int MinCopySize = 3;

    /// <summary>
    /// Reads the decompressed length of the block; throws if its bytes cannot produce that
    /// length.
    /// </summary>
    internal static int ReadLength(ReadOnlySpan<byte> block, out int headerSize)
    {
        headerSize = 0;
        if (!Varint.TryReadUnsigned(block, ref headerSize, out uint length))
        {
            throw new InvalidRecordException("The snappy block does not begin with its length.");
        }

        long reachable = (long)(block.Length - headerSize) * MaxCopyLength / MinCopySize;
        return length <= reachable && length <= int.MaxValue
            ? (int)length
            : throw new InvalidRecordException($"The snappy block has the decompressed length {length}, but its {block.Length} bytes cannot decompress to more than {reachable}.");
    }

    /// <summary>Decodes the elements; they must fill the output exactly.</summary>
    internal static unsafe void Decode(ReadOnlySpan<byte> elements, Span<byte> output)
    {
        fixed (byte* source = elements)
        fixed (byte* target = output)
        {
            byte* end = Decode(source, source + elements.Length, target, target + output.Length);
            if (end != target + output.Length)
            {
                throw Malformed($"it decompresses to {end - target} bytes instead of {output.Length}");
            }
        }
    }

    // Every element is checked against both ends before it is copied. If there is room,
    // copies are rounded up to steps of 16 bytes; the next element overwrites the surplus.
    private static unsafe byte* Decode(byte* at, byte* end, byte* start, byte* outputEnd)
    {
        byte* target = start;
        while (at < end)
        {
            int tag = *at++;
            if ((tag & 3) == 0)
            {
                long length = 1 + (tag >> 2);
                if (length > 60)
                {
                    length = 1 + (long)ReadNumber(ref at, end, (int)length - 60);
                }

                if (length > end - at || length > outputEnd - target)
                {
                    throw Malformed($"a literal of {length} bytes, but {end - at} bytes are left and there is room for {outputEnd - target}");
                }

                if (length <= Step && end - at >= Step && outputEnd - target >= Step)
                {
                    Unsafe.CopyBlockUnaligned(target, at, Step);
                }
                else
                {
                    Unsafe.CopyBlockUnaligned(target, at, (uint)length);
                }

                at += length;
                target += length;
                continue;
            }

            int size = (tag & 3) == 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
            long offset = (tag & 3) == 1 ? ((tag >> 5) << 8) | (int)ReadNumber(ref at, end, 1) : ReadNumber(ref at, end, (tag & 3) == 2 ? 2 : 4);
            if (offset == 0 || offset > target - start || size > outputEnd - target)
            {
                throw Malformed($"a copy of {size} bytes from {offset} back, at byte {target - start} of {outputEnd - start}");
            }

            CopyBack(target, offset, size, outputEnd);
            target += size;
        }

        return target;
    }

    // At most 64 bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void CopyBack(byte* target, long offset, int size, byte* outputEnd)
    {
        byte* from = target - offset;
        if (offset >= Step && outputEnd - target >= MaxCopyLength)
        {
            // Each step reads only complete bytes before it, even if the copy overlaps its own
            // output.
            for (int done = 0; done < size; done += Step)
            {
                Unsafe.CopyBlockUnaligned(target + done, from + done, Step);
            }

            return;
        }

        if (offset == 1)
        {
            Unsafe.InitBlockUnaligned(target, *from, (uint)size);
            return;
        }

        // A repeated pattern, or the end of the output.
        for (int i = 0; i < size; i++)
        {
            target[i] = from[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe uint ReadNumber(ref byte* at, byte* end, int size)
    {
        if (size > end - at)
        {
            throw Malformed("it ends in the middle of an element");
        }

        uint number = size switch
        {
            1 => *at,
            2 => Unsafe.ReadUnaligned<ushort>(at),
            3 => (uint)(Unsafe.ReadUnaligned<ushort>(at) | (at[2] << 16)),
            _ => Unsafe.ReadUnaligned<uint>(at),
        };
        at += size;
        return number;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static InvalidRecordException Malformed(string what) => new($"The snappy block is malformed: {what}.");
}
