using System.Globalization;
using System.Text;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Inspection;

namespace Zurau.Tool.Dumping;

/// <summary>
/// Prints every batch and record of a segment, one per line, up to a number of records.
/// </summary>
internal sealed class RecordDump(TextWriter output, string topic, long limit)
{
    private long _left = limit;

    internal void Write(IDataFiles files, string path)
    {
        using IDataFile? file = files.Open(path);
        if (file is null || _left <= 0)
        {
            return;
        }

        var reader = new SegmentReader(file);
        try
        {
            BatchStatus status = BatchStatus.End;
            while (_left > 0 && (status = reader.Read(out RecordBatchView batch)) == BatchStatus.Batch)
            {
                output.WriteLine(Describe(batch, reader.Position));
                WriteRecords(batch);
            }

            if (status is BatchStatus.Zeros or BatchStatus.Broken or BatchStatus.OldFormat)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  byte {reader.Position}: {(status == BatchStatus.Zeros ? $"{file.Length - reader.Position} zero bytes to the end of the file" : $"no batch: {reader.Problem}")}"));
            }
        }
        catch (IOException exception)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  byte {reader.Position}: cannot be read: {exception.Message}"));
        }
    }

    private static string Describe(RecordBatchView batch, long position)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"  batch {batch.BaseOffset}..{batch.LastOffset} at byte {position}, {batch.SizeBytes} bytes, {batch.RecordsCount} records, epoch {batch.PartitionLeaderEpoch}, {batch.CompressionType.ToString().ToLowerInvariant()}, {batch.TimestampType} {RecordText.Time(batch.MaxTimestamp)}");
        if (batch.ProducerId >= 0)
        {
            text.Append(CultureInfo.InvariantCulture, $", producer {batch.ProducerId} epoch {batch.ProducerEpoch} sequence {batch.BaseSequence}");
        }

        text.Append(batch.IsTransactional ? ", transactional" : "").Append(batch.IsControl ? ", control" : "");
        if ((batch.Attributes & BatchAttributes.HasDeleteHorizon) != 0)
        {
            text.Append(", delete horizon ").Append(RecordText.Time(batch.BaseTimestamp));
        }

        return text.Append(batch.IsCrcValid() ? "" : ", CHECKSUM WRONG").ToString();
    }

    private void WriteRecords(RecordBatchView batch)
    {
        try
        {
            using DecompressedRecords decompressed = batch.Decompress();
            RecordReader record = batch.Records(decompressed);
            while (_left > 0 && record.Read())
            {
                _left--;
                string prefix = string.Create(CultureInfo.InvariantCulture, $"    {record.Offset} {RecordText.Time(record.Timestamp)} ");
                output.WriteLine(prefix + (batch.IsControl ? RecordText.Control(record) : Describe(record)));
            }
        }
        catch (InvalidRecordException exception)
        {
            output.WriteLine($"    {exception.Message}");
        }
    }

    private string Describe(RecordReader record)
    {
        if (InternalRecords.Decode(topic, record.Key, record.Value, record.IsValueNull) is { } decoded)
        {
            return decoded;
        }

        var text = new StringBuilder("key ").Append(RecordText.Bytes(record.Key, record.IsKeyNull)).Append(" value ").Append(RecordText.Bytes(record.Value, record.IsValueNull));
        HeaderReader headers = record.Headers;
        while (headers.Read())
        {
            text.Append(" header ").Append(RecordText.Bytes(headers.Key, false)).Append('=').Append(RecordText.Bytes(headers.Value, headers.IsValueNull));
        }

        return text.ToString();
    }
}
