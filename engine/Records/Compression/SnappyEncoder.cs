using System.Numerics;
using System.Runtime.CompilerServices;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Encodes one raw snappy block: finds what came before through a table of hashes of four bytes, and looks ever more seldom where it
/// finds nothing. Pure; source: snappy's format description.
/// </summary>
internal static unsafe class SnappyEncoder
{
    /// <summary>The most bytes of a block: positions in it have to fit the table.</summary>
    internal const int MaxBlockSize = 64 * 1024;

    private const int MaxTableBits = 14;
    private const int MinTableBits = 8;

    // So many bytes at the end are never looked up, so that loads of eight bytes and copies of sixteen stay inside.
    private const int Margin = 15;
    private const int MaxCopyLength = 64;
    private const int MinCopyLength = 4;
    private const int MaxShortLiteral = 60;
    private const int RoomForShortLiteral = 64;

    // Where so many bytes were passed over without a match, each step becomes a byte longer: noise is gone through ever faster.
    private const int MissesPerStepBits = 5;

    /// <summary>The most bytes that a block of this size takes: a literal of 60 bytes and more costs at most one byte in six.</summary>
    internal static int MaxSize(int size) => 32 + size + (size / 6);

    /// <summary>Encodes at most <see cref="MaxBlockSize"/> bytes into an output of <see cref="MaxSize"/>; returns the bytes written.</summary>
    [SkipLocalsInit]
    internal static int Encode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(input.Length, MaxBlockSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(output.Length, MaxSize(input.Length));
        int header = Varint.WriteUnsigned(output, (uint)input.Length);
        int bits = Math.Clamp(BitOperations.Log2((uint)input.Length | 1) + 1, MinTableBits, MaxTableBits);
        ushort* table = stackalloc ushort[1 << MaxTableBits];
        new Span<ushort>(table, 1 << bits).Clear();
        fixed (byte* source = input)
        fixed (byte* target = output)
        {
            return (int)(EncodeElements(source, source + input.Length, target + header, table, 32 - bits) - target);
        }
    }

    private static byte* EncodeElements(byte* start, byte* end, byte* target, ushort* table, int shift)
    {
        byte* literal = start; // What lies before is written.
        byte* limit = end - Margin;
        byte* at = start + 1;
        while (at < limit)
        {
            byte* candidate = FindMatch(start, ref at, limit, table, shift);
            if (candidate is null)
            {
                break;
            }

            target = WriteLiteral(target, literal, (int)(at - literal), end);
            ulong word;
            do
            {
                int length = MinCopyLength + MatchLength(candidate + MinCopyLength, at + MinCopyLength, end);
                target = WriteCopy(target, (int)(at - candidate), length);
                at += length;
                literal = at;
                if (at >= limit)
                {
                    break;
                }

                // One load serves both hashes and the comparison.
                word = Load64(at - 1);
                table[Hash((uint)word, shift)] = (ushort)(at - 1 - start);
                word >>= 8;
                uint hash = Hash((uint)word, shift);
                candidate = start + table[hash];
                table[hash] = (ushort)(at - start);
            }
            while ((uint)word == Load32(candidate));

            at++;
        }

        return literal < end ? WriteLiteral(target, literal, (int)(end - literal), end) : target;
    }

    // An entry that nobody wrote is 0, the block's first byte: as good a candidate as any, and always before the position.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* FindMatch(byte* start, ref byte* at, byte* limit, ushort* table, int shift)
    {
        byte* position = at;
        uint misses = 1 << MissesPerStepBits;
        while (position < limit)
        {
            uint word = Load32(position);
            uint hash = Hash(word, shift);
            byte* candidate = start + table[hash];
            table[hash] = (ushort)(position - start);
            if (Load32(candidate) == word)
            {
                at = position;
                return candidate;
            }

            uint step = misses >> MissesPerStepBits;
            misses += step;
            position += step;
        }

        return null;
    }

    // Inlined, as the next two: the matches of text are short, and a call for each is a tenth of the time.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int MatchLength(byte* earlier, byte* later, byte* end)
    {
        byte* start = later;
        while (end - later >= sizeof(ulong))
        {
            ulong difference = Load64(earlier) ^ Load64(later);
            if (difference != 0)
            {
                return (int)(later - start) + (BitOperations.TrailingZeroCount(difference) >> 3);
            }

            earlier += sizeof(ulong);
            later += sizeof(ulong);
        }

        while (later < end && *earlier == *later)
        {
            earlier++;
            later++;
        }

        return (int)(later - start);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* WriteLiteral(byte* target, byte* literal, int length, byte* end)
    {
        if (length > MaxShortLiteral || end - literal < RoomForShortLiteral)
        {
            return WriteLongLiteral(target, literal, length);
        }

        // What is copied too much is written over, or cut off: the output has room for it.
        *target++ = (byte)((length - 1) << 2);
        Unsafe.CopyBlockUnaligned(target, literal, 16);
        if (length > 16)
        {
            Unsafe.CopyBlockUnaligned(target + 16, literal + 16, 16);
            if (length > 32)
            {
                Unsafe.CopyBlockUnaligned(target + 32, literal + 32, 32);
            }
        }

        return target + length;
    }

    // 0 to 59 in the tag are the length less one; 60 and 61 say that it follows in one byte or two.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte* WriteLongLiteral(byte* target, byte* literal, int length)
    {
        int code = length - 1;
        if (code < MaxShortLiteral)
        {
            *target++ = (byte)(code << 2);
        }
        else if (code <= byte.MaxValue)
        {
            *target++ = 60 << 2;
            *target++ = (byte)code;
        }
        else
        {
            *target++ = 61 << 2;
            *target++ = (byte)code;
            *target++ = (byte)(code >> 8);
        }

        Unsafe.CopyBlockUnaligned(target, literal, (uint)length);
        return target + length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* WriteCopy(byte* target, int offset, int length)
    {
        // What is left over must be four bytes or more: a shorter copy has no short form.
        while (length >= MaxCopyLength + MinCopyLength)
        {
            target = WriteLongCopy(target, offset, MaxCopyLength);
            length -= MaxCopyLength;
        }

        if (length > MaxCopyLength)
        {
            target = WriteLongCopy(target, offset, MaxCopyLength - MinCopyLength);
            length -= MaxCopyLength - MinCopyLength;
        }

        if (length >= 12 || offset >= 2048)
        {
            return WriteLongCopy(target, offset, length);
        }

        target[0] = (byte)(((offset >> 8) << 5) | ((length - MinCopyLength) << 2) | 1);
        target[1] = (byte)offset;
        return target + 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* WriteLongCopy(byte* target, int offset, int length)
    {
        target[0] = (byte)(((length - 1) << 2) | 2);
        target[1] = (byte)offset;
        target[2] = (byte)(offset >> 8);
        return target + 3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Load32(byte* bytes) => Unsafe.ReadUnaligned<uint>(bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load64(byte* bytes) => Unsafe.ReadUnaligned<ulong>(bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(uint word, int shift) => (word * 0x1E35A7BD) >> shift;
}
