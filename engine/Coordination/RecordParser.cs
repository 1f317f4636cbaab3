using System.Buffers.Binary;
using System.Text;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Reads Kafka's record layouts, plain and flexible. Truncated or invalid bytes set
/// <see cref="IsBroken"/> and never throw.
/// </summary>
internal ref struct RecordParser(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    internal bool IsBroken { get; private set; }

    internal int RemainingBytes => _rest.Length;

    internal sbyte Int8() => (sbyte)Take(1)[0];

    internal short Int16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    internal int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    internal long Int64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    internal int Unsigned()
    {
        uint value = 0;
        for (int shift = 0; shift < 32; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return (int)value;
            }
        }

        IsBroken = true;
        return 0;
    }

    internal Guid Uuid()
    {
        ReadOnlySpan<byte> bytes = TakeUpTo(16);
        return bytes.Length == 16 ? new Guid(bytes, bigEndian: true) : default;
    }

    /// <summary>Returns a parser for the next bytes only.</summary>
    internal RecordParser Sized(int size)
    {
        ReadOnlySpan<byte> bytes = size < 0 ? default : TakeUpTo(size);
        IsBroken |= size < 0;
        return new RecordParser(bytes) { IsBroken = IsBroken };
    }

    internal string Text() => Text(Int16());

    internal string CompactText() => Text(Unsigned() - 1);

    internal string? NullableText(bool isCompact)
    {
        int size = isCompact ? Unsigned() - 1 : Int16();
        return size < 0 ? null : Text(size);
    }

    /// <summary>Reads bytes with their size; empty for null.</summary>
    internal byte[] Bytes(bool isCompact)
    {
        int size = isCompact ? Unsigned() - 1 : Int32();
        return size < 0 || IsBroken ? [] : TakeUpTo(size).ToArray();
    }

    /// <summary>Skips tagged fields.</summary>
    internal void SkipTags()
    {
        for (int count = Unsigned(); count > 0 && !IsBroken; count--)
        {
            _ = Unsigned();
            Skip(Unsigned());
        }
    }

    /// <summary>
    /// Reads the number of elements; -1 for null. Each element has at least one byte, so a
    /// number above the remaining bytes is broken.
    /// </summary>
    internal int Count(bool isCompact)
    {
        int count = isCompact ? Unsigned() - 1 : Int32();
        if (count < -1 || count > _rest.Length)
        {
            IsBroken = true;
            return -1;
        }

        return count;
    }

    /// <summary>Sets <see cref="IsBroken"/> if the part is broken.</summary>
    internal void BreakWith(RecordParser part) => IsBroken |= part.IsBroken;

    internal void Skip(int size) => _ = Take(size);

    private string Text(int size) => size < 0 || IsBroken ? "" : Encoding.UTF8.GetString(TakeUpTo(size));

    private ReadOnlySpan<byte> TakeUpTo(int size)
    {
        if (size > _rest.Length)
        {
            IsBroken = true;
            return default;
        }

        ReadOnlySpan<byte> taken = _rest[..size];
        _rest = _rest[size..];
        return taken;
    }

    // Returns zeros for missing bytes, so that callers need not check after each field.
    private ReadOnlySpan<byte> Take(int size)
    {
        ReadOnlySpan<byte> zeros = [0, 0, 0, 0, 0, 0, 0, 0];
        if (size < 0 || size > _rest.Length)
        {
            IsBroken = true;
            _rest = default;
            return zeros[..Math.Clamp(size, 1, zeros.Length)];
        }

        ReadOnlySpan<byte> taken = _rest[..size];
        _rest = _rest[size..];
        return taken;
    }
}
