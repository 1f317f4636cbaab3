
namespace ProcessTests.Sample;

/// <summary>The program of the README's quick start.</summary>
public sealed class HelloTests
{
    [Fact]
    public async Task Each_run_sends_a_record_handles_it_and_ends_and_the_records_stay_in_the_directory()
    {
        using var directory = new TestDirectory();
        for (int run = 0; run < 2; run++)
        {
            SampleProcess.Result result = await SampleProcess.RunAsync("Hello", directory.Path);

            Assert.True(result.ExitCode == 0, result.ToString());
            Assert.Equal(
                ["handled from Prague: Hello, log!", $"sent to greetings-1 at offset {run}"],
                result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        }
    }
}
