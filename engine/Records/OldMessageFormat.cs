using System.Buffers.Binary;

namespace Zurau.Engine.Records;

/// <summary>
/// Detects messages of Kafka's formats 0 and 1, which preceded record batches. They are
/// not supported, and they must not be mistaken for a torn tail. Layout: int64 offset,
/// int32 size of the rest, uint32 CRC-32 of the bytes after the checksum, int8 format,
/// int8 attributes, in format 1 an int64 timestamp, then key and value with int32
/// sizes. A compressed wrapper is one message. Pure.
/// </summary>
public static class OldMessageFormat
{
    private const int CrcPosition = 12;
    private const int LeastSize = 26; // Of a message of format 0 without key and value.
    private const uint ReflectedPolynomial = 0xEDB88320; // CRC-32 as in zip, not the CRC-32C of batches.
    private static readonly uint[] s_table = MakeTable();

    /// <summary>
    /// Returns the format of the message at the first byte; null if no message with a valid
    /// checksum begins there.
    /// </summary>
    public static int? Find(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < LeastSize || bytes[BatchLayout.Magic] > 1)
        {
            return null;
        }

        long size = BatchLayout.SizeOf(bytes);
        if (size < LeastSize || size > bytes.Length)
        {
            return null;
        }

        uint crc = BinaryPrimitives.ReadUInt32BigEndian(bytes[CrcPosition..]);
        return crc == Checksum(bytes[BatchLayout.Magic..(int)size]) ? bytes[BatchLayout.Magic] : null;
    }

    /// <summary>
    /// Searches for a message of an old format. Skips entries of any format by their size
    /// fields.
    /// </summary>
    public static (int Format, int Position)? FindIn(ReadOnlySpan<byte> bytes)
    {
        int position = 0;
        while (bytes.Length - position >= LeastSize)
        {
            ReadOnlySpan<byte> rest = bytes[position..];
            if (Find(rest) is { } format)
            {
                return (format, position);
            }

            long size = BatchLayout.SizeOf(rest);
            if (size < LeastSize || size > rest.Length)
            {
                return null;
            }

            position += (int)size;
        }

        return null;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        foreach (byte value in bytes)
        {
            crc = s_table[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++)
            {
                value = (value >> 1) ^ ((value & 1) == 0 ? 0 : ReflectedPolynomial);
            }

            table[i] = value;
        }

        return table;
    }
}
