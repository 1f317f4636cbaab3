using System.Globalization;
using System.Text.Json;
using Zurau;
using Zurau.Transport;

namespace Orders;

/// <summary>Finds in the topic itself which lines of a source were published: no other file can disagree with it.</summary>
internal sealed class ResumePointReader(IKafkaTransport transport)
{
    /// <summary>Reads the whole topic once, without a group.</summary>
    public async Task<ResumePoint> ReadAsync(string source, CancellationToken cancellationToken)
    {
        IReadOnlyList<OffsetRange> ranges = await transport.Admin.ListOffsetsAsync("orders", cancellationToken);
        var ends = ranges
            .Select((range, number) => (Partition: new TopicPartition("orders", number), Range: range))
            .Where(partition => partition.Range.End > partition.Range.Start)
            .ToDictionary(partition => partition.Partition, partition => partition.Range.End);
        if (ends.Count == 0)
        {
            return ResumePoint.Beginning;
        }

        await using var consumer = new Consumer<byte[]?, byte[]?>(transport, new ConsumerOptions { EnableAutoCommit = false });
        consumer.Assign(ends.Keys);
        consumer.SeekToBeginning(ends.Keys);
        (long Line, byte[]? Value) last = default;
        var published = new HashSet<long>();
        while (ends.Any(end => consumer.Position(end.Key) < end.Value))
        {
            foreach (ConsumerRecord<byte[]?, byte[]?> record in await consumer.PollAsync(TimeSpan.FromSeconds(1), cancellationToken))
            {
                if (record.Headers.GetText(SourceHeaders.File) == source
                    && long.TryParse(record.Headers.GetText(SourceHeaders.Line), CultureInfo.InvariantCulture, out long line))
                {
                    published.Add(line);
                    last = line > last.Line ? (line, record.Value) : last;
                }
            }
        }

        return last.Value is null ? ResumePoint.Beginning : new ResumePoint(last.Line, JsonSerializer.Deserialize<Order>(last.Value, JsonSerializerOptions.Web), published);
    }
}
