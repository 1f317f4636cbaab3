using System.Globalization;

namespace ProcessTests.Sample;

/// <summary>The main job, run as a user runs it.</summary>
public sealed class SampleRunTests
{
    [Fact]
    public async Task The_shipped_file_is_billed_or_dead_lettered_to_the_last_order_and_a_rerun_has_nothing_to_do()
    {
        using var directory = new TestDirectory();

        SampleProcess.Result first = await SampleProcess.RunAsync(directory.Path, []);

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Equal([2995, 2995], first.Row("published"));
        Assert.Equal([2955, 2955], first.Row("handled"));
        Assert.Equal([40, 40], first.Row("dead-lettered"));
        Assert.Equal([5], first.Row("malformed lines"));
        Assert.Equal([130], first.Row("retried")); // 10 orders nine times, 20 orders twice
        Assert.Equal([0], first.Row("delivered again"));
        Assert.All(Enumerable.Range(0, 3), partition => Assert.Equal(0, first.Row($"orders-{partition}")[^1]));
        Assert.All(Enumerable.Range(0, 3), partition => Assert.Equal(0, first.Row($"orders-dlt-{partition}")[^1]));
        Assert.Contains("line 320 of orders.jsonl is not an order:", first.Errors, StringComparison.Ordinal);
        Assert.Equal(5, first.Errors.Split('\n').Count(line => line.Contains("is not an order", StringComparison.Ordinal)));
        Assert.InRange(BlocksOnDisk(directory.At("data")), 1, 32 * 1024);

        SampleProcess.Result second = await SampleProcess.RunAsync(directory.Path, []);

        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.Equal([0, 2995], second.Row("published"));
        Assert.Equal([0, 2955], second.Row("handled"));
        Assert.Equal([0, 40], second.Row("dead-lettered"));
        Assert.Contains("orders.jsonl is published up to line 3000; going on after it", second.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_input_is_read_and_a_grown_input_continues_where_it_ended()
    {
        using var directory = new TestDirectory();
        string[] lines = [.. OrderFile.Make(60, new Random(7)).Lines.Where(line => line.EndsWith('}'))];

        SampleProcess.Result first = await SampleProcess.RunAsync(directory.Path, ["-"], string.Join('\n', lines[..20]));
        SampleProcess.Result second = await SampleProcess.RunAsync(directory.Path, ["-"], string.Join('\n', lines));

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Equal([20, 20], first.Row("published"));
        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.Equal([lines.Length - 20, lines.Length], second.Row("published"));
    }

    [Fact]
    public async Task Another_input_under_a_known_name_is_refused_and_not_skipped()
    {
        using var directory = new TestDirectory();
        string[] lines = [.. OrderFile.Make(60, new Random(7)).Lines.Where(line => line.EndsWith('}'))];
        await SampleProcess.RunAsync(directory.Path, ["-"], string.Join('\n', lines[..10]));

        SampleProcess.Result refused = await SampleProcess.RunAsync(directory.Path, ["-"], string.Join('\n', lines[10..30]));
        SampleProcess.Result named = await SampleProcess.RunAsync(directory.Path, ["-", "--source", "monday"], string.Join('\n', lines[10..30]));

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("--source", refused.Errors, StringComparison.Ordinal);
        Assert.True(named.ExitCode == 0, named.ToString());
        Assert.Equal([20, 30], named.Row("published"));
    }

    [Fact]
    public async Task Ctrl_C_stops_between_two_orders_and_the_next_run_continues()
    {
        using var directory = new TestDirectory();
        var orders = OrderFile.Make(3000, new Random(3));
        orders.Write(directory.At("input.jsonl"));
        string[] arguments = ["input.jsonl", "--acknowledged", directory.At("acknowledged.tsv")];

        using var process = SampleProcess.Start(directory.Path, arguments);
        while (!File.Exists(directory.At("acknowledged.tsv")) || new FileInfo(directory.At("acknowledged.tsv")).Length < 200)
        {
            Assert.False(process.WaitForExit(TimeSpan.FromMilliseconds(1)), "The sample ended early.");
        }

        await process.InterruptAsync();
        SampleProcess.Result stopped = await process.FinishAsync();
        SampleProcess.Result finished = await SampleProcess.RunAsync(directory.Path, arguments);

        Assert.True(stopped.ExitCode == 130, stopped.ToString());
        Assert.Contains("orders: stopped;", stopped.Errors, StringComparison.Ordinal);
        Assert.True(finished.ExitCode == 0, finished.ToString());
        Assert.Equal(orders.OrderCount, finished.Row("published")[1]);
        Assert.Equal([0], finished.Row("delivered again")); // A graceful stop commits what was handled.
    }

    [Fact]
    public async Task An_invalid_or_too_large_line_is_reported_with_its_number_and_the_rest_continues()
    {
        using var directory = new TestDirectory();
        string good = """{"orderId":"o-9","customer":"c-1","sku":"lamp","quantity":1,"price":1}""";
        string tooLarge = good.Replace("lamp", new string('x', 2_000_000), StringComparison.Ordinal);

        SampleProcess.Result result = await SampleProcess.RunAsync(directory.Path, ["-"], string.Join('\n', "nonsense", "", "null", tooLarge, good));

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal([3], result.Row("malformed lines"));
        Assert.Equal([1, 1], result.Row("handled"));
        Assert.All((string[])["line 1 of - is not an order", "line 3 of - is not an order", "line 4 of - cannot be published"], report => Assert.Contains(report, result.Errors, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_generated_input_has_the_faults_of_the_shipped_file_and_each_run_generates_the_same()
    {
        using var directory = new TestDirectory();

        SampleProcess.Result first = await SampleProcess.RunAsync(directory.Path, ["--generate", "6000"]);
        SampleProcess.Result second = await SampleProcess.RunAsync(directory.Path, ["--generate", "6000"]);

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Equal(6000, File.ReadLines(directory.At("orders-6000.jsonl")).Count());
        Assert.Equal([5990, 5990], first.Row("published"));
        Assert.Equal([10], first.Row("malformed lines"));
        Assert.Equal([80, 80], first.Row("dead-lettered"));
        Assert.Equal([5910, 5910], first.Row("handled"));
        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.Equal([0, 5990], second.Row("published"));
    }

    [Theory]
    [InlineData("0", "at least 1")]
    [InlineData("many", "many")]
    public async Task A_number_of_lines_that_makes_no_sense_is_refused(string number, string mention)
    {
        using var directory = new TestDirectory();

        SampleProcess.Result result = await SampleProcess.RunAsync(directory.Path, ["--generate", number]);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(mention, result.Errors, StringComparison.Ordinal);
    }

    private static long BlocksOnDisk(string directory)
    {
        using var du = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("du", ["-sk", directory]) { RedirectStandardOutput = true })!;
        return long.Parse(du.StandardOutput.ReadToEnd().Split('\t')[0], CultureInfo.InvariantCulture);
    }
}
