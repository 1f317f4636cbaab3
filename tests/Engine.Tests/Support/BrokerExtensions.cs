using Zurau;
using Zurau.Engine;

namespace Engine.Tests.Support;

internal static class BrokerExtensions
{
    internal static readonly TopicPartition Orders = new("orders", 0);

    /// <summary>Reads a partition from an offset to its end.</summary>
    internal static async Task<List<(long Offset, string Value)>> ReadAllAsync(this Broker broker, TopicPartition partition, long from = 0, int maxBytes = 1 << 20)
    {
        var records = new List<(long Offset, string Value)>();
        long offset = from;
        while (true)
        {
            using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(partition, offset, maxBytes)], MaxWaitMs = 0 });
            Assert.Equal(ErrorCode.None, response.Partitions[0].Error);
            List<(long Offset, string Value)> read = Batches.Read(response.Partitions[0].Records.Span);
            if (read.Count == 0)
            {
                return records;
            }

            records.AddRange(read.Where(record => record.Offset >= offset));
            offset = read[^1].Offset + 1;
        }
    }
}
