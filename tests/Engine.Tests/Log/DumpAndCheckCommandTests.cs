using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Engine.Tests.House;
using Engine.Tests.Support;

namespace Engine.Tests.Log;

/// <summary>The tool's <c>dump</c> and <c>check</c>, run as their users run them.</summary>
public sealed class DumpAndCheckCommandTests
{
    [Fact]
    public void A_dump_shows_every_record_of_a_directory_and_changes_no_byte()
    {
        using var golden = new GoldenDirectory("clean");
        string before = Fingerprint(golden.Path);
        (int code, string[] lines) = Run("dump", golden.Path, "--records");
        Assert.Equal(0, code);
        Assert.Equal(before, Fingerprint(golden.Path));

        foreach (string partition in GoldenDirectory.Partitions("clean"))
        {
            string[] decoded = File.ReadAllLines(Path.Combine(GoldenDirectory.Root, "decoded", "clean", partition + ".jsonl"));
            string[] expected = [.. decoded.SelectMany(static batch => JsonDocument.Parse(batch).RootElement.GetProperty("records").EnumerateArray()).Select(static record => record.GetProperty("offset").ToString())];
            IEnumerable<string> section = lines.SkipWhile(line => !line.StartsWith(partition + ": ", StringComparison.Ordinal)).Skip(1).TakeWhile(static line => line.Length > 0);

            // A record's line begins with its offset; a producer's of a snapshot with that word.
            Assert.Equal(expected, section.Where(static line => line.StartsWith("    ", StringComparison.Ordinal) && char.IsDigit(line[4])).Select(static line => line.Trim().Split(' ')[0]));
        }

        Assert.Contains(lines, static line => line.Contains("transactional id 'txn-a': CompleteCommit", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.Contains("offset of group 'orders-service' for", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.Contains("ABORT, coordinator epoch 0", StringComparison.Ordinal));
    }

    [Fact]
    public void A_dump_takes_one_topic_one_folder_or_one_file_and_stops_at_the_limit()
    {
        using var golden = new GoldenDirectory("clean");
        string[] topic = Run("dump", golden.Path, "--topic", "txn", "--partition", "0", "--records", "--limit", "7").Lines;
        Assert.Single(topic, static line => line.Contains("topic_id", StringComparison.Ordinal));
        Assert.Equal(7, topic.Count(static line => line.StartsWith("    ", StringComparison.Ordinal) && char.IsDigit(line[4])));
        Assert.Contains(Run("dump", Path.Combine(golden.Path, "txn-0")).Lines, static line => line.StartsWith("txn-0: ", StringComparison.Ordinal));

        string[] entries = Run("dump", Path.Combine(golden.Path, "txn-0", "00000000000000000003.timeindex")).Lines;
        string[] expected = GoldenDirectory.Dumps("clean", "txn-0")["00000000000000000003.timeindex"];
        Assert.Equal(expected.Select(static line => line.Split(' ')[1]), entries.Where(static line => line.Length > 0).Select(static line => line.Split(' ')[1]));
    }

    [Fact]
    public void Damage_is_a_line_of_the_dump_and_exit_code_1_of_the_check()
    {
        using var golden = new GoldenDirectory("clean");
        Assert.Equal(0, Run("check", golden.Path).Code);
        string log = Path.Combine(golden.Path, "codec-none-0", "00000000000000000000.log");
        byte[] bytes = File.ReadAllBytes(log);
        bytes[30] ^= 1;
        File.WriteAllBytes(log, bytes[..^3]);

        (int code, string[] lines) = Run("check", golden.Path);
        Assert.Equal(1, code);
        Assert.Contains(lines, static line => line.StartsWith("codec-none-0/00000000000000000000.log: byte 0 offset 0 BadChecksum", StringComparison.Ordinal));
        (code, lines) = Run("dump", golden.Path, "--topic", "codec-none", "--records");
        Assert.Equal(0, code);
        Assert.Contains(lines, static line => line.EndsWith("CHECKSUM WRONG", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.Contains("no batch:", StringComparison.Ordinal));
    }

    [Fact]
    public void Messages_of_an_old_format_are_named_by_both_commands() // F25
    {
        using var golden = new GoldenDirectory("clean");
        string log = Path.Combine(golden.Path, "codec-none-0", "00000000000000000000.log");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "golden", "old-formats", "v1-gzip.bin"), log, overwrite: true);
        (int code, string[] lines) = Run("check", golden.Path);
        Assert.Equal(1, code);
        Assert.Contains(lines, static line => line.StartsWith("codec-none-0/00000000000000000000.log: byte 0 offset 0 OldFormat: it contains messages of format 1, which is not supported", StringComparison.Ordinal));
        (code, lines) = Run("dump", golden.Path, "--topic", "codec-none", "--records");
        Assert.Equal(0, code);
        Assert.Contains(lines, static line => line.Contains("messages of format 1", StringComparison.Ordinal));
    }

    [Fact]
    public void A_path_that_is_not_a_data_directory_is_reported_with_exit_code_2()
    {
        using var directory = new TestDirectory();
        foreach (string command in new[] { "check", "dump" })
        {
            Assert.Equal(2, Run(command, directory.Path).Code);
            Assert.Equal(2, Run(command, Path.Combine(directory.Path, "none")).Code);
        }
    }

    private static (int Code, string[] Lines) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(BuiltProgram.Host) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["exec", BuiltProgram.Tool, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)));
        string error = errors.GetAwaiter().GetResult();
        Assert.True(process.ExitCode == 2 || error.Length == 0, error);
        return (process.ExitCode, [.. output.Split('\n').Select(static line => line.TrimEnd())]);
    }

    /// <summary>Names, times and bytes of all files.</summary>
    private static string Fingerprint(string directory) => string.Join('\n', Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(static file =>
        string.Create(CultureInfo.InvariantCulture, $"{file} {File.GetLastWriteTimeUtc(file):O} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}")));
}
