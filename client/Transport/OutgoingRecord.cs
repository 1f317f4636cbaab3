using System.Buffers;

namespace Zurau.Transport;

/// <summary>
/// A record that is being sent. Its key is serialized already, because its bytes choose the partition; its value is serialized, or
/// <see cref="WriteValueTo"/> serializes it directly into the transport's buffer. Valid during the call that received it.
/// </summary>
public readonly ref struct OutgoingRecord<TValue>
{
    /// <summary>Gets the topic.</summary>
    public string Topic { get; internal init; }

    /// <summary>Gets the partition; null lets the partitioner choose.</summary>
    public int? Partition { get; internal init; }

    /// <summary>Gets the timestamp in milliseconds since 1970.</summary>
    public long TimestampMs { get; internal init; }

    /// <summary>Gets the key's bytes; empty if <see cref="KeySize"/> is -1.</summary>
    public ReadOnlySpan<byte> Key { get; internal init; }

    /// <summary>Gets the number of bytes of the key; -1 for null.</summary>
    public int KeySize { get; internal init; }

    /// <summary>Gets the number of bytes that <see cref="WriteValueTo"/> writes; -1 for null.</summary>
    public int ValueSize { get; internal init; }

    /// <summary>Gets the headers; null for none. The caller may change them after the call.</summary>
    public Headers? Headers { get; internal init; }

    /// <summary>Gets the most bytes that the record takes in any v2 batch.</summary>
    public int SizeUpperBound { get; internal init; }

    internal int HeadersSize { get; init; }

    /// <summary>Serializes <see cref="Value"/>; null if <see cref="ValueBytes"/> has the bytes.</summary>
    internal ISerializer<TValue>? ValueSerializer { get; init; }

    internal TValue Value { get; init; }

    internal ReadOnlySpan<byte> ValueBytes { get; init; }

    /// <summary>Writes the value's <see cref="ValueSize"/> bytes; nothing for null. Runs no code of the application.</summary>
    public void WriteValueTo(IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (ValueSerializer is not null)
        {
            ValueSerializer.Serialize(Value, destination);
        }
        else
        {
            destination.Write(ValueBytes);
        }
    }
}
