using System.Globalization;
using System.Text.Json;

namespace ProcessTests.Sample;

/// <summary>
/// Kills the sample repeatedly, lets it finish, and proves by order id that its promise
/// held.
/// </summary>
public sealed class KilledSampleTests(ITestOutputHelper output)
{
    private const int Kills = 24;

    /// <summary>
    /// The lines that the input grows by before each start, so that there is work left for
    /// all of them.
    /// </summary>
    private const int LinesPerStart = 500;

    [Fact]
    public async Task A_sample_that_is_killed_repeatedly_loses_no_order_and_keeps_each_customers_order()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("ZURAU_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        output.WriteLine($"ZURAU_SEED={seed}");
        var random = new Random(seed);
        using var directory = new TestDirectory();
        var orders = OrderFile.Make(Kills * LinesPerStart, random);
        string acknowledged = directory.At("acknowledged.tsv");
        string[] arguments = ["input.jsonl", "--data", "data", "--acknowledged", acknowledged];

        int kills = 0;
        for (int start = 1; start <= Kills; start++)
        {
            orders.Write(directory.At("input.jsonl"), start * LinesPerStart);
            using var process = SampleProcess.Start(directory.Path, arguments);
            string when = RunUntilRandomMoment(process, random, directory);
            if (process.HasExited)
            {
                SampleProcess.Result result = await process.FinishAsync();
                Assert.True(result.ExitCode == 0, $"Start {start} failed before its kill ({when}), seed {seed}: {result}");
                output.WriteLine($"start {start}: ended before its kill {when}");
                continue;
            }

            process.Kill();
            kills++;
            output.WriteLine($"start {start}: killed {when}");
        }

        Assert.InRange(kills, Kills / 2, Kills);
        SampleProcess.Result last = await SampleProcess.RunAsync(directory.Path, arguments);
        Assert.True(last.ExitCode == 0, last.ToString());
        output.WriteLine(last.Output);
        await ProveAsync(directory, orders);

        SampleProcess.Result idle = await SampleProcess.RunAsync(directory.Path, arguments);
        Assert.True(idle.ExitCode == 0, idle.ToString());
        Assert.Equal([0, orders.OrderCount], idle.Row("published"));
        Assert.Equal([0, orders.Billable.Count], idle.Row("handled"));
    }

    /// <summary>
    /// Half of the processes are killed by the clock (start, recovery, joining), half after
    /// some work (publish, handle, dead-letter).
    /// </summary>
    private static string RunUntilRandomMoment(SampleProcess process, Random random, TestDirectory directory)
    {
        string[] files = [directory.At("acknowledged.tsv"), directory.At("data/orders.ledger"), directory.At("data/dead-letters.ledger")];
        int watched = random.Next(6);
        int milliseconds = watched < files.Length ? 10_000 : random.Next(700);
        int growth = random.Next(1, 2000);
        string when = watched < files.Length ? $"after {growth} bytes of {Path.GetFileName(files[watched])}" : $"after {milliseconds} ms";
        long[] before = [.. files.Select(Length)];
        long startedAt = Environment.TickCount64;
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(1)))
        {
            bool isDue = Environment.TickCount64 - startedAt >= milliseconds
                || (watched < files.Length && Length(files[watched]) - before[watched] >= growth);
            if (isDue)
            {
                break;
            }
        }

        return when;
    }

    private static long Length(string file) => new FileInfo(file) is { Exists: true } info ? info.Length : 0;

    private static async Task ProveAsync(TestDirectory directory, OrderFile orders)
    {
        IReadOnlyList<LedgerLine> billed = LedgerLine.Read(directory.At("data/orders.ledger"));
        IReadOnlyList<LedgerLine> dead = LedgerLine.Read(directory.At("data/dead-letters.ledger"));
        string[][] acknowledged = [.. File.ReadLines(directory.At("acknowledged.tsv")).Select(line => line.Split('\t'))];
        await using var data = DataDirectory.Open(directory.At("data"));
        IReadOnlyList<DataDirectory.Stored> published = await data.ReadAsync("orders");
        IReadOnlyList<DataDirectory.Stored> letters = await data.ReadAsync("orders-dlt");

        // The topic holds every order once, each partition in the file's order.
        Assert.Equal(
            orders.Billable.Concat(orders.Dead).Select(order => (order.Key, order.Value)).Order(),
            published.Select(record => (OrderId(record), Line(record))).Order());
        Assert.All(published.GroupBy(record => record.Partition), partition => AssertAscending(partition.Select(Line)));

        // What was acknowledged is where the acknowledgment said.
        HashSet<(string Id, int Partition, long Offset)> stored = [.. published.Select(record => (OrderId(record), record.Partition, record.Offset))];
        Assert.NotEmpty(acknowledged);
        Assert.All(acknowledged, order => Assert.Contains((order[3], int.Parse(order[1], CultureInfo.InvariantCulture), long.Parse(order[2], CultureInfo.InvariantCulture)), stored));

        // Every order is billed or dead-lettered as it must be: none lost, none both.
        HashSet<string> billedIds = [.. billed.Select(line => line.OrderId!)];
        HashSet<string> deadIds = [.. dead.Select(line => line.OrderId!)];
        HashSet<string> letterIds = [.. letters.Select(OrderId)];
        Assert.All(acknowledged, order => Assert.True(billedIds.Contains(order[3]) ^ deadIds.Contains(order[3]), order[3]));
        Assert.Equal(orders.Billable.Keys.Order(), billedIds.Order());
        Assert.Equal(orders.Dead.Keys.Order(), deadIds.Order());
        Assert.Equal(orders.Dead.Keys.Order(), letterIds.Order());

        // First handlings keep the order within a customer, and every repetition is marked as one.
        Assert.All(
            billed.Where(line => !line.Again).GroupBy(line => line.Customer),
            customer => AssertAscending(customer.Select(line => line.Line)));
        Assert.Equal(billedIds.Count, billed.Count(line => !line.Again));
        Assert.Equal(deadIds.Count, dead.Count(line => !line.Again));
        Assert.All(billed, line => Assert.Contains((line.OrderId!, line.Partition, line.Offset), stored));

        Assert.Equal(0, data.Lag("orders", "billing"));
        Assert.Equal(0, data.Lag("orders-dlt", "billing-dlt"));
    }

    private static string OrderId(DataDirectory.Stored record) => JsonSerializer.Deserialize<JsonElement>(record.Value).GetProperty("orderId").GetString()!;

    private static long Line(DataDirectory.Stored record) => long.Parse(record.Headers.GetText("source-line")!, CultureInfo.InvariantCulture);

    private static void AssertAscending(IEnumerable<long> lines)
    {
        long[] inOrder = [.. lines];
        Assert.Equal(inOrder.Order(), inOrder);
    }
}
