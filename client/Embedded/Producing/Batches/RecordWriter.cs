using Zurau.Engine.Records;
using Zurau.Transport;

namespace Zurau.Embedded.Producing.Batches;

/// <summary>Writes records into batches, their values in place.</summary>
internal static class RecordWriter
{
    /// <summary>Appends the record; if a serializer writes another size than it announced, the batch is left as it was.</summary>
    internal static void Append<TValue>(this RecordBatchBuilder batch, in OutgoingRecord<TValue> record)
    {
        batch.BeginRecord(record.TimestampMs, record.KeySize, record.ValueSize, record.HeadersSize);
        try
        {
            record.Key.CopyTo(batch.GetSpan());
            batch.Advance(record.Key.Length);
            batch.BeginValue(record.ValueSize);
            if (record.ValueSerializer is null)
            {
                record.ValueBytes.CopyTo(batch.GetSpan());
                batch.Advance(record.ValueBytes.Length);
            }
            else
            {
                record.WriteValueTo(batch);
            }

            batch.EndRecord(record.Headers);
        }
        catch
        {
            batch.AbandonRecord();
            throw;
        }
    }
}
