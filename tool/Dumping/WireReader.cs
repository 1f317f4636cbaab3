using System.Buffers.Binary;
using System.Text;

namespace Zurau.Tool.Dumping;

/// <summary>
/// Reads Kafka's field encodings: big-endian integers, and strings and arrays in the
/// classic form (fixed lengths) or the flexible form (varints, tagged fields).
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _bytes = bytes;

    internal sbyte Int8() => (sbyte)Take(1)[0];

    internal short Int16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    internal int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    internal long Int64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    /// <summary>Reads a string; returns null for a null length.</summary>
    internal string? Text(bool isFlexible)
    {
        int length = isFlexible ? Unsigned() - 1 : Int16();
        return length < 0 ? null : Encoding.UTF8.GetString(Take(length));
    }

    /// <summary>Reads the length of an array; returns -1 for null.</summary>
    internal int Count(bool isFlexible) => isFlexible ? Unsigned() - 1 : Int32();

    /// <summary>Skips the tagged fields that end every flexible structure.</summary>
    internal void Tags()
    {
        for (int count = Unsigned(); count > 0; count--)
        {
            _ = Unsigned();
            Take(Unsigned());
        }
    }

    private int Unsigned()
    {
        long value = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (long)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value > int.MaxValue ? throw new FormatException("A length is above 2 GiB.") : (int)value;
            }
        }

        throw new FormatException("A varint does not end.");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _bytes.Length)
        {
            throw new FormatException($"A field needs {count} bytes, but only {_bytes.Length} are left.");
        }

        ReadOnlySpan<byte> taken = _bytes[..count];
        _bytes = _bytes[count..];
        return taken;
    }
}
