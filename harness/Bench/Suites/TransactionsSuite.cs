using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures consecutive transactions of a few records, by one and by several producers:
/// P10.
/// </summary>
internal static class TransactionsSuite
{
    private const int Producers = 8;

    internal static Suite Make() => new("transactions", "transactions of 1, 10 and 100 records, acks=all: P10",
    [
        new("P10: 1 producer", static context => Run(context, 1)) { ExpectedDuration = new(0.3, static scale => scale.DurableAppends) },
        new($"P10: {Producers} producers", static context => Run(context, Producers)) { ExpectedDuration = new(0.3, static scale => scale.DurableAppends) },
    ]);

    private static void Run(BenchContext context, int producers)
    {
        Scale scale = context.Scale;
        using ClientLog log = ClientLog.Open(context.NewDirectory());
        int[] sizes = [1, 10, 100];
        IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, [.. sizes.Select(size => new Contestant(
            Name(size),
            $"acks=all, {producers} transactional producers, each commits before it begins the next transaction, {size} records of 100 B in one partition",
            () => log.OnNewTopic(scale.SegmentBytes, topic => Rate(log, topic, producers, size, Math.Max(20, scale.DurableAppends)))))]);
        foreach (int size in sizes)
        {
            Entry entry = entries[Name(size)];
            double each = 1e6 / context.Limit(LimitsSuite.FdatasyncUnwritten);
            context.Add(Row.Of($"P10.{size}.p{producers}", $"transactions of {size} records, {producers} producers", "txn/s", entry) with
            {
                Limits = producers == 1 ? [new LimitShare("sequential fdatasync of 4 KB", each, "txn/s", entry.Value.Median / each)] : [],
                Targets = size switch
                {
                    1 => [Target.AtLeast("transactions per second", 2000, entry.Value.Median)],
                    100 => [Target.AtLeast("records per second", 150_000, entry.Value.Median * size)],
                    _ => [],
                },
            });
        }
    }

    private static string Name(int size) => $"{size} records";

    private static Measurement Rate(ClientLog log, string topic, int producers, int size, int each)
    {
        byte[] value = new byte[100];
        Producer<byte[]?, byte[]>[] all = [.. Enumerable.Range(0, producers).Select(i =>
            new Producer<byte[]?, byte[]>(log.Transport, new ProducerOptions { TransactionalId = $"bench-{topic}-{i}", LingerMs = 1000 }))];
        Task.WaitAll(all.Select(static producer => producer.InitTransactionsAsync()).ToArray());
        Measurement rate = Workers.Rate(1, (long)producers * each, _ => Task.WaitAll(all.Select(producer => Task.Run(async () =>
        {
            var record = new ProducerRecord<byte[]?, byte[]>(topic, null, value);
            for (int i = 0; i < each; i++)
            {
                producer.BeginTransaction();
                for (int n = 0; n < size; n++)
                {
                    producer.Send(record);
                }

                await producer.CommitTransactionAsync();
            }
        })).ToArray()));
        Array.ForEach(all, static producer => producer.Close(Timeout.InfiniteTimeSpan));
        return rate;
    }
}
