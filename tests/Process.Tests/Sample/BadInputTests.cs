
namespace ProcessTests.Sample;

/// <summary>A user's mistakes are reported in one line with the remedy.</summary>
public sealed class BadInputTests
{
    [Fact]
    public async Task A_missing_file_is_named() =>
        await AssertOneLineAsync(["nowhere.jsonl"], [], "nowhere.jsonl");

    [Fact]
    public async Task An_unknown_setting_is_named_with_the_nearest_known_one() =>
        await AssertOneLineAsync(["--kafka", "producer:ack=1"], [], "ack", "acks");

    [Fact]
    public async Task An_unknown_setting_in_the_environment_is_named_too() =>
        await AssertOneLineAsync([], new() { ["Kafka__Producer__LingerMss"] = "5" }, "LingerMss", "linger.ms");

    [Fact]
    public async Task A_value_that_makes_no_sense_is_named() =>
        await AssertOneLineAsync(["--kafka", "producer:acks=most"], [], "acks", "most");

    [Fact]
    public async Task A_forbidden_topic_name_is_named() =>
        await AssertOneLineAsync([], new() { ["Kafka__Topics__0__Name"] = "late orders" }, "late orders");

    [Fact]
    public async Task An_override_without_a_value_is_shown_how() =>
        await AssertOneLineAsync(["--kafka", "acks"], [], "--kafka key=value");

    [Fact]
    public async Task Idempotence_without_acks_all_is_refused() =>
        await AssertOneLineAsync(["--kafka", "producer:enable.idempotence=true", "--kafka", "producer:acks=1"], [], "enable.idempotence");

    [Fact]
    public async Task A_data_directory_that_is_a_file_is_named()
    {
        using var directory = new TestDirectory();
        File.WriteAllText(directory.At("data"), "not a directory");

        await AssertOneLineAsync(directory, [], [], "data");
    }

    [Fact]
    public async Task A_data_directory_that_another_process_holds_is_named()
    {
        using var directory = new TestDirectory();
        using var holder = SampleProcess.Start(directory.Path, "-");
        while (!File.Exists(directory.At("data/dead-letters.ledger")))
        {
            Assert.False(holder.WaitForExit(TimeSpan.FromMilliseconds(5)), "The holder ended early.");
        }

        await AssertOneLineAsync(directory, [], [], "data", "another process");
    }

    [Fact]
    public async Task Help_lists_the_options()
    {
        using var directory = new TestDirectory();

        SampleProcess.Result result = await SampleProcess.RunAsync(directory.Path, ["--help"]);

        Assert.Equal(0, result.ExitCode);
        Assert.All((string[])["FILE", "--data", "--kafka", "--source"], option => Assert.Contains(option, result.Output, StringComparison.Ordinal));
        Assert.False(Directory.Exists(directory.At("data")));
    }

    private static async Task AssertOneLineAsync(string[] arguments, Dictionary<string, string> environment, params string[] mentions)
    {
        using var directory = new TestDirectory();
        await AssertOneLineAsync(directory, arguments, environment, mentions);
    }

    private static async Task AssertOneLineAsync(
        TestDirectory directory,
        string[] arguments,
        Dictionary<string, string> environment,
        params string[] mentions)
    {
        SampleProcess.Result result = await SampleProcess.RunAsync(directory.Path, arguments, environment: environment);

        Assert.True(result.ExitCode is not 0 and not 134, result.ToString());
        string line = Assert.Single(result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("orders: ", line, StringComparison.Ordinal);
        Assert.All(mentions, mention => Assert.Contains(mention, line, StringComparison.OrdinalIgnoreCase));
    }
}
