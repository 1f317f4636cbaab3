using System.Buffers.Binary;
using System.Numerics;

namespace Zurau.Simulation;

/// <summary>
/// Parses a v2 batch by the format specification. Shares no code with the engine, so that
/// the two check each other.
/// </summary>
internal readonly ref struct WireBatch
{
    private const int HeaderSize = 61;
    private const int CrcFrom = 21;
    private readonly ReadOnlySpan<byte> _bytes;

    private WireBatch(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    internal ReadOnlySpan<byte> Bytes => _bytes;

    internal long BaseOffset => BinaryPrimitives.ReadInt64BigEndian(_bytes);

    internal int Epoch => BinaryPrimitives.ReadInt32BigEndian(_bytes[12..]);

    internal int Count => BinaryPrimitives.ReadInt32BigEndian(_bytes[57..]);

    internal long EndOffset => BaseOffset + BinaryPrimitives.ReadInt32BigEndian(_bytes[23..]) + 1;

    internal long ProducerId => BinaryPrimitives.ReadInt64BigEndian(_bytes[43..]);

    internal short ProducerEpoch => BinaryPrimitives.ReadInt16BigEndian(_bytes[51..]);

    internal bool IsControl => (_bytes[22] & 0x20) != 0;

    /// <summary>Gets the content of a control batch with one marker.</summary>
    internal LogMarker Marker
    {
        get
        {
            ReadOnlySpan<byte> record = FirstKey();
            return new LogMarker(ProducerId, ProducerEpoch, record.Length > 4 && record[4] == 1);
        }
    }

    internal bool IsCrcValid
    {
        get
        {
            uint crc = uint.MaxValue;
            ReadOnlySpan<byte> rest = _bytes[CrcFrom..];
            for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
            {
                crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(rest));
            }

            foreach (byte value in rest)
            {
                crc = BitOperations.Crc32C(crc, value);
            }

            return ~crc == BinaryPrimitives.ReadUInt32BigEndian(_bytes[17..]);
        }
    }

    /// <summary>
    /// Gets the number of the append that the key of the first record contains; -1 if it
    /// contains none.
    /// </summary>
    internal int AppendId
    {
        get
        {
            ReadOnlySpan<byte> record = FirstKey();
            bool hasKey = record.Length > 8 && record[0] == 16; // The zigzag encoding of the key length 8.
            return hasKey ? BinaryPrimitives.ReadInt32BigEndian(record[1..]) : -1;
        }
    }

    /// <summary>
    /// Splits the first batch off the bytes; returns false if they do not begin with a
    /// complete one.
    /// </summary>
    internal static bool TryTake(ref ReadOnlySpan<byte> bytes, out WireBatch batch)
    {
        batch = default;
        if (bytes.Length < HeaderSize)
        {
            return false;
        }

        long size = 12L + BinaryPrimitives.ReadInt32BigEndian(bytes[8..]);
        if (size < HeaderSize || size > bytes.Length || bytes[16] != 2)
        {
            return false;
        }

        batch = new WireBatch(bytes[..(int)size]);
        bytes = bytes[(int)size..];
        return true;
    }

    /// <summary>Returns the bytes from the length of the first record's key on.</summary>
    private ReadOnlySpan<byte> FirstKey()
    {
        ReadOnlySpan<byte> record = _bytes[HeaderSize..];
        SkipVarint(ref record); // Length.
        record = record[1..]; // Attributes.
        SkipVarint(ref record); // Timestamp.
        SkipVarint(ref record); // Offset.
        return record;
    }

    private static void SkipVarint(ref ReadOnlySpan<byte> bytes)
    {
        int length = 0;
        while (length < bytes.Length - 1 && (bytes[length] & 0x80) != 0)
        {
            length++;
        }

        bytes = bytes[(length + 1)..];
    }
}
