using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Inspection;

/// <summary>Checks that the header of a batch agrees with its records.</summary>
internal static class BatchCheck
{
    /// <summary>Lists the problems.</summary>
    /// <exception cref="InvalidRecordException">The records cannot be read.</exception>
    internal static IReadOnlyList<string> Problems(RecordBatchView batch, bool isCompacted)
    {
        var problems = new List<string>();
        int offsets = batch.LastOffsetDelta + 1;
        if (batch.LastOffsetDelta < 0)
        {
            problems.Add($"the last offset delta is {batch.LastOffsetDelta}");
        }

        if (isCompacted ? batch.RecordsCount > offsets : batch.RecordsCount != offsets)
        {
            problems.Add($"the batch has {batch.RecordsCount} records for {offsets} offsets");
        }

        if (batch.ProducerId >= 0 && batch.ProducerEpoch < 0)
        {
            problems.Add($"producer {batch.ProducerId} has no epoch");
        }

        if (batch.IsControl && (batch.CompressionType != CompressionType.None || batch.RecordsCount > 1))
        {
            problems.Add("a control batch is compressed or has several records");
        }

        using DecompressedRecords decompressed = batch.Decompress();
        RecordReader reader = batch.Records(decompressed);
        long expected = batch.BaseOffset;
        long maxTimestamp = -1;
        while (reader.Read())
        {
            if ((isCompacted ? reader.Offset < expected : reader.Offset != expected) || reader.Offset > batch.LastOffset)
            {
                problems.Add($"a record has offset {reader.Offset}; expected {expected}, and the last offset of the batch is {batch.LastOffset}");
            }

            expected = reader.Offset + 1;
            maxTimestamp = Math.Max(maxTimestamp, reader.Timestamp);
            HeaderReader headers = reader.Headers;
            while (headers.Read())
            {
                // Reading the headers checks them.
            }
        }

        if (batch.RecordsCount > 0 && maxTimestamp != batch.MaxTimestamp)
        {
            problems.Add($"the largest timestamp is {maxTimestamp}, but the header has {batch.MaxTimestamp}");
        }

        if (batch.IsControl && batch.RecordsCount == 1 && !ProducerReplay.TryReadMarker(batch, out _, out _))
        {
            problems.Add("a control batch contains no control record");
        }

        return problems;
    }
}
