using System.Text;

namespace Zurau.Engine.Records;

/// <summary>Reads a record's headers in place, in wire order.</summary>
public ref struct HeaderReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly long _offset;
    private int _left;
    private int _position;

    /// <summary>Creates a reader of the headers of one record.</summary>
    /// <param name="bytes">Exactly the bytes of the headers (<see cref="RecordReader.HeadersBytes"/>).</param>
    /// <param name="count">The number of headers.</param>
    /// <param name="offset">The record's offset, for error messages.</param>
    public HeaderReader(ReadOnlySpan<byte> bytes, int count, long offset)
    {
        _bytes = bytes;
        _left = count;
        _offset = offset;
    }

    /// <summary>The name's UTF-8 bytes.</summary>
    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>True for a null value.</summary>
    public bool IsValueNull { get; private set; }

    /// <summary>The value's bytes; empty for null.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Moves to the next header; false after the last one.</summary>
    public bool Read()
    {
        if (_left == 0)
        {
            if (_position != _bytes.Length)
            {
                throw Malformed();
            }

            return false;
        }

        int keyLength = ReadLength();
        if (keyLength < 0)
        {
            throw Malformed();
        }

        Key = Take(keyLength);
        int valueLength = ReadLength();
        IsValueNull = valueLength == -1;
        Value = IsValueNull ? default : Take(valueLength);
        _left--;
        return true;
    }

    /// <summary>Copies the remaining headers.</summary>
    public Headers ToHeaders()
    {
        if (_left == 0)
        {
            return Read() ? throw Malformed() : Zurau.Headers.Empty;
        }

        var headers = new Headers();
        while (Read())
        {
            headers.Add(Encoding.UTF8.GetString(Key), IsValueNull ? null : Value.ToArray());
        }

        return headers;
    }

    private int ReadLength() => Varint.TryReadSigned(_bytes, ref _position, out int value) ? value : throw Malformed();

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length < 0 || length > _bytes.Length - _position)
        {
            throw Malformed();
        }

        ReadOnlySpan<byte> field = _bytes.Slice(_position, length);
        _position += length;
        return field;
    }

    private readonly InvalidRecordException Malformed() => new($"The headers of the record at offset {_offset} are malformed.");
}
