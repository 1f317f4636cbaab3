namespace Engine.Tests.House;

/// <summary>Holds what a reader of the sources may rely on.</summary>
public sealed class SourceTests
{
    /// <summary>"About 400": a file that grows past this is split by verb.</summary>
    private const int MaxLines = 420;

    [Fact]
    public void No_file_is_too_long_to_read() =>
        Offenders.AssertNone(Sources()
            .Select(file => (Path: Repository.Relative(file), Lines: File.ReadLines(file).Count()))
            .Where(file => file.Lines > MaxLines && file.Path != "engine/Common/ErrorCode.cs") // One long list: Kafka's codes.
            .Select(file => $"{file.Path} has {file.Lines} lines"));

    [Fact]
    public void No_file_hides_code_in_a_region() =>
        Offenders.AssertNone(Sources()
            .Where(file => File.ReadLines(file).Any(line => line.TrimStart().StartsWith("#region", StringComparison.Ordinal)))
            .Select(Repository.Relative));

    [Fact]
    public void No_text_names_a_home_directory_or_a_machine() =>
        Offenders.AssertNone(Sources()
            .Concat(Repository.Files("", "*.md"))
            .Where(file => Path.GetFileName(file) != "SourceTests.cs")
            .Where(file => File.ReadLines(file).Any(line => line.Contains("/home/", StringComparison.Ordinal) || line.Contains("/root/", StringComparison.Ordinal)))
            .Select(Repository.Relative));

    [Fact]
    public void Each_endless_loop_names_the_condition_that_ends_it() =>
        Offenders.AssertNone(Repository.Files("engine", "*.cs").Concat(Repository.Files("client", "*.cs"))
            .SelectMany(static file => File.ReadLines(file).Select((line, i) => (Place: $"{Repository.Relative(file)}:{i + 1}", Line: line)))
            .Where(static line => line.Line.Contains("while (true)", StringComparison.Ordinal) || line.Line.Contains("for (;;)", StringComparison.Ordinal))
            .Where(static line => !line.Line.Contains("// Ends ", StringComparison.Ordinal))
            .Select(static line => $"{line.Place}: a comment 'Ends …' after the head of the loop is missing"));

    [Fact]
    public void The_client_blocks_a_thread_in_documented_members_only()
    {
        Dictionary<string, string> allowed = new()
        {
            ["Consumer.cs"] = "members that say that they block",
            ["Producer.cs"] = "Send while buffer.memory is used up, Flush and Close",
            ["PartitionQueue.cs"] = "only of calls that have completed",
            ["ProducerBatch.cs"] = "only of calls that have completed",
            ["OffsetCommitter.cs"] = "Acknowledge in a handler with ManualImmediate",
        };
        string[] blocking = [".GetResult()", ".Wait()", "Task.WaitAll(", "Task.WaitAny("];
        string[] files = [.. Repository.Files("client", "*.cs").Where(file => File.ReadLines(file).Any(line => blocking.Any(call => line.Contains(call, StringComparison.Ordinal))))];

        Assert.Contains("Consumer.cs", files.Select(Path.GetFileName));
        Offenders.AssertNone(files.Where(file => !allowed.ContainsKey(Path.GetFileName(file))).Select(Repository.Relative));
    }

    private static IEnumerable<string> Sources()
    {
        string[] files = [.. Repository.Files("", "*.cs")];
        Assert.Contains(files, file => Repository.Relative(file) == "engine/Broker/Broker.cs");
        return files;
    }
}
