using System.Numerics;
using System.Runtime.CompilerServices;

namespace Zurau.Engine.Records;

/// <summary>
/// Reads and writes Kafka's variable-length integers: 7 bits per byte, lowest first,
/// zigzag for signed values.
/// </summary>
public static class Varint
{
    /// <summary>The maximum size of a 32-bit value in bytes.</summary>
    public const int MaxSize32 = 5;

    /// <summary>The maximum size of a 64-bit value in bytes.</summary>
    public const int MaxSize64 = 10;

    /// <summary>
    /// Computes the size that <see cref="WriteSigned(Span{byte}, int)"/> writes, 1 to 5
    /// bytes.
    /// </summary>
    public static int SizeOfSigned(int value) => SizeOf((uint)((value << 1) ^ (value >> 31)));

    /// <summary>
    /// Computes the size that <see cref="WriteSigned(Span{byte}, long)"/> writes, 1 to 10
    /// bytes.
    /// </summary>
    public static int SizeOfSigned(long value) => SizeOf((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Writes a zigzag value and returns its size in bytes.</summary>
    public static int WriteSigned(Span<byte> destination, int value) => Write(destination, (uint)((value << 1) ^ (value >> 31)));

    /// <summary>Writes a zigzag value and returns its size in bytes.</summary>
    public static int WriteSigned(Span<byte> destination, long value) => Write(destination, (ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Writes an unsigned value and returns its size in bytes.</summary>
    public static int WriteUnsigned(Span<byte> destination, uint value) => Write(destination, value);

    /// <summary>
    /// Reads a zigzag value at a position and advances the position; false if the bytes end
    /// or the value is too long.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadSigned(ReadOnlySpan<byte> source, ref int position, out int value)
    {
        // Nearly all lengths and deltas have one or two bytes. Longer ones use copies, so
        // that the caller's position can stay in a register: its address is never taken.
        int at = position;
        if ((uint)at < (uint)source.Length && source[at] < 0x80)
        {
            uint one = source[at];
            value = (int)(one >> 1) ^ -(int)(one & 1);
            position = at + 1;
            return true;
        }

        if ((uint)at + 1 < (uint)source.Length && source[at + 1] < 0x80)
        {
            uint two = (source[at] & 0x7Fu) | ((uint)source[at + 1] << 7);
            value = (int)(two >> 1) ^ -(int)(two & 1);
            position = at + 2;
            return true;
        }

        bool read = TryReadInFull(source, ref at, MaxSize32, out ulong raw);
        uint bits = (uint)raw;
        value = (int)(bits >> 1) ^ -(int)(bits & 1);
        position = at;
        return read && raw <= uint.MaxValue;
    }

    /// <summary>
    /// Reads a zigzag value at a position and advances the position; false if the bytes end
    /// or the value is too long.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadSigned(ReadOnlySpan<byte> source, ref int position, out long value)
    {
        int at = position;
        if ((uint)at < (uint)source.Length && source[at] < 0x80)
        {
            ulong one = source[at];
            value = (long)(one >> 1) ^ -(long)(one & 1);
            position = at + 1;
            return true;
        }

        bool read = TryReadInFull(source, ref at, MaxSize64, out ulong raw);
        value = (long)(raw >> 1) ^ -(long)(raw & 1);
        position = at;
        return read;
    }

    /// <summary>
    /// Reads an unsigned value at a position and advances the position; false if the bytes
    /// end or the value is too long.
    /// </summary>
    public static bool TryReadUnsigned(ReadOnlySpan<byte> source, ref int position, out uint value)
    {
        bool read = TryReadInFull(source, ref position, MaxSize32, out ulong raw);
        value = (uint)raw;
        return read && raw <= uint.MaxValue;
    }

    private static int SizeOf(ulong bits) => (63 - BitOperations.LeadingZeroCount(bits | 1)) / 7 + 1;

    private static int Write(Span<byte> destination, ulong bits)
    {
        int size = 0;
        while (bits > 0x7F)
        {
            destination[size++] = (byte)(bits | 0x80);
            bits >>= 7;
        }

        destination[size++] = (byte)bits;
        return size;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryReadInFull(ReadOnlySpan<byte> source, ref int position, int maxSize, out ulong bits)
    {
        bits = 0;
        int shift = 0;
        for (int i = 0; i < maxSize && (uint)position < (uint)source.Length; i++)
        {
            byte next = source[position++];
            bits |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return true;
            }

            shift += 7;
        }

        return false;
    }
}
