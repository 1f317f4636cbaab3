using Zurau.Engine.Records;

namespace Zurau.Producing;

/// <summary>
/// A record on its way into a batch: its key is bytes already (they choose the partition); its value is bytes too, or is written into
/// the batch by a built-in serializer.
/// </summary>
internal readonly ref struct OutgoingRecord<TValue>
{
    internal required string Topic { get; init; }

    internal required int? Partition { get; init; }

    internal required long TimestampMs { get; init; }

    /// <summary>The key's bytes; empty where <see cref="KeySize"/> is -1.</summary>
    internal required ReadOnlySpan<byte> Key { get; init; }

    /// <summary>Bytes of the key, -1 for null.</summary>
    internal required int KeySize { get; init; }

    /// <summary>Writes <see cref="Value"/>; null where <see cref="ValueBytes"/> has the bytes.</summary>
    internal required ISerializer<TValue>? ValueSerializer { get; init; }

    internal required TValue Value { get; init; }

    internal required ReadOnlySpan<byte> ValueBytes { get; init; }

    /// <summary>Bytes of the value, -1 for null.</summary>
    internal required int ValueSize { get; init; }

    internal required Headers? Headers { get; init; }

    internal required int HeadersSize { get; init; }

    /// <summary>The most bytes that the record takes in any batch.</summary>
    internal required int SizeUpperBound { get; init; }

    /// <summary>Writes the record; where a serializer breaks its word, the batch is left as it was.</summary>
    internal void WriteTo(RecordBatchBuilder batch)
    {
        batch.BeginRecord(TimestampMs, KeySize, ValueSize, HeadersSize);
        try
        {
            Key.CopyTo(batch.GetSpan());
            batch.Advance(Key.Length);
            batch.BeginValue(ValueSize);
            if (ValueSerializer is not null)
            {
                ValueSerializer.Serialize(Value, batch);
            }
            else
            {
                ValueBytes.CopyTo(batch.GetSpan());
                batch.Advance(ValueBytes.Length);
            }

            batch.EndRecord(Headers);
        }
        catch
        {
            batch.AbandonRecord();
            throw;
        }
    }
}
