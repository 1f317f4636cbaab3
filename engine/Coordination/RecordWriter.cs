using System.Buffers.Binary;
using System.Text;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Writes Kafka's record layouts, plain and flexible: big-endian numbers; compact
/// lengths are unsigned varints of length plus one.
/// </summary>
internal sealed class RecordWriter
{
    private readonly List<byte> _bytes = new(128);

    internal RecordWriter Int8(sbyte value)
    {
        _bytes.Add((byte)value);
        return this;
    }

    internal RecordWriter Int16(short value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteInt16BigEndian(bytes, value);
        _bytes.AddRange(bytes);
        return this;
    }

    internal RecordWriter Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        _bytes.AddRange(bytes);
        return this;
    }

    internal RecordWriter Int64(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        _bytes.AddRange(bytes);
        return this;
    }

    internal RecordWriter Unsigned(int value)
    {
        uint rest = (uint)value;
        while (rest >= 0x80)
        {
            _bytes.Add((byte)(rest | 0x80));
            rest >>= 7;
        }

        _bytes.Add((byte)rest);
        return this;
    }

    internal RecordWriter Uuid(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>Writes the size and content of another writer.</summary>
    internal RecordWriter Sized(RecordWriter other)
    {
        Unsigned(other._bytes.Count);
        _bytes.AddRange(other._bytes);
        return this;
    }

    /// <summary>Writes an int16 length and UTF-8.</summary>
    internal RecordWriter Text(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Int16(checked((short)bytes.Length));
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>Writes the text, or the length -1 for null.</summary>
    internal RecordWriter NullableText(string? text) => text is null ? Int16(-1) : Text(text);

    /// <summary>Writes an int32 length and the bytes.</summary>
    internal RecordWriter Bytes(ReadOnlyMemory<byte> value)
    {
        Int32(value.Length);
        _bytes.AddRange(value.Span);
        return this;
    }

    /// <summary>Writes the length plus one as an unsigned varint, and UTF-8.</summary>
    internal RecordWriter CompactText(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Unsigned(bytes.Length + 1);
        _bytes.AddRange(bytes);
        return this;
    }

    internal byte[] ToArray() => [.. _bytes];
}
