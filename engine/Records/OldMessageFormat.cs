using System.Buffers.Binary;
using System.IO.Hashing;

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

        // CRC-32 as in zip, not the CRC-32C of batches.
        uint crc = BinaryPrimitives.ReadUInt32BigEndian(bytes[CrcPosition..]);
        return crc == Crc32.HashToUInt32(bytes[BatchLayout.Magic..(int)size]) ? bytes[BatchLayout.Magic] : null;
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
}
