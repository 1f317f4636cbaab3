using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// Reads a partition from its beginning with raw fetches, record by record in the mapped
/// bytes.
/// </summary>
internal static class LogScan
{
    internal const int MaxBytes = 1024 * 1024;

    /// <summary>Returns the number of records that it read.</summary>
    internal static long Run(Broker broker, TopicPartition partition, bool checksCrc)
    {
        broker.ListOffsets(partition, out long offset, out long end);
        long records = 0;
        while (offset < end)
        {
            ValueTask<FetchResponse> fetch = broker.FetchAsync(new FetchRequest
            {
                Partitions = [new FetchPartition(partition, offset, MaxBytes)],
                MaxBytes = MaxBytes,
                MaxWaitMs = 0,
            });
            using FetchResponse response = fetch.AsTask().GetAwaiter().GetResult();
            long next = Read(response.Partitions[0].Records.Span, checksCrc, ref records);
            offset = next > offset ? next : throw new InvalidOperationException($"A fetch at offset {offset} of {end} returned nothing ({response.Partitions[0].Error}).");
        }

        return records;
    }

    private static long Read(ReadOnlySpan<byte> bytes, bool checksCrc, ref long records)
    {
        long next = -1;
        long valueBytes = 0;
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            if (checksCrc && !batch.IsCrcValid())
            {
                throw new InvalidOperationException($"The batch at offset {batch.BaseOffset} does not match its checksum.");
            }

            RecordReader reader = batch.Records();
            while (reader.Read())
            {
                records++;
                valueBytes += reader.Value.Length;
            }

            next = batch.LastOffset + 1;
            bytes = bytes[batch.SizeBytes..];
        }

        return valueBytes > 0 ? next : -1;
    }
}
