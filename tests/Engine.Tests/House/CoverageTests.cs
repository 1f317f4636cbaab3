using System.Text.RegularExpressions;

namespace Engine.Tests.House;

/// <summary>Holds tests/COVERAGE.md to the tests there are.</summary>
public sealed partial class CoverageTests
{
    private static readonly Match[] s_rows = [.. Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "tests", "COVERAGE.md"))).Cast<Match>()];

    [Fact]
    public void Every_test_that_a_row_names_exists()
    {
        HashSet<string> tests = Tests();
        Offenders.AssertNone(s_rows.SelectMany(static row => Name().Matches(row.Groups["proof"].Value).Cast<Match>().Select(name => (Id: row.Groups["id"].Value, Test: name.Groups["name"].Value)))
            .Where(row => !tests.Contains(row.Test))
            .Select(static row => $"{row.Id} names {row.Test}"));
    }

    [Fact]
    public void Every_invariant_has_one_row_and_those_for_a_property_test_name_one()
    {
        IEnumerable<string> expected = Ids("L", 16).Concat(Ids("K", 16)).Concat(Ids("W", 14)).Concat(Ids("I", 9)).Concat(Ids("T", 19)).Concat(Ids("E", 10)).Concat(Ids("C", 13));
        Assert.Equal(expected, s_rows.Select(static row => row.Groups["id"].Value));
        Offenders.AssertNone(s_rows
            .Where(static row => row.Groups["level"].Value.Contains('P') && !Name().IsMatch(row.Groups["proof"].Value))
            .Select(static row => $"{row.Groups["id"].Value} names no test"));
    }

    [Fact]
    public void Every_error_code_that_the_engine_returns_has_a_row_with_tests_that_exist()
    {
        HashSet<string> tests = Tests();
        string coverage = File.ReadAllText(Path.Combine(Repository.Root, "tests", "COVERAGE.md"));
        Dictionary<string, string[]> rows = CodeRow().Matches(coverage).ToDictionary(
            static row => row.Groups["code"].Value,
            static row => Name().Matches(row.Groups["proof"].Value).Select(static name => name.Groups["name"].Value).ToArray());
        Offenders.AssertNone(rows.SelectMany(static row => row.Value.Select(test => (Code: row.Key, Test: test))).Where(row => !tests.Contains(row.Test)).Select(static row => $"{row.Code} names {row.Test}"));

        // Fetches that wait use REQUEST_TIMED_OUT between themselves only; ErrorCodes judges
        // every code that there is.
        IEnumerable<string> returned = Repository.Files("engine", "*.cs")
            .Where(static file => Path.GetFileName(file) != "ErrorCodes.cs")
            .SelectMany(static file => File.ReadLines(file).Where(static line => !line.TrimStart().StartsWith("///", StringComparison.Ordinal)))
            .SelectMany(static line => Code().Matches(line))
            .Select(static match => match.Groups["code"].Value)
            .Except(["None", "RequestTimedOut"]);
        Assert.Equal(returned.Distinct().Order(StringComparer.Ordinal), rows.Keys.Order(StringComparer.Ordinal));
    }

    private static HashSet<string> Tests() =>
        [.. Repository.Files("tests", "*.cs").SelectMany(static file => Test().Matches(File.ReadAllText(file))).Select(static match => match.Groups["name"].Value)];

    private static IEnumerable<string> Ids(string letter, int count) => Enumerable.Range(1, count).Select(number => $"{letter}{number}");

    [GeneratedRegex(@"^\| (?<id>[LKWEITC]\d+) \|[^|]*\| (?<level>[PSX,]+) \| (?<proof>[^|]*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^\| `(?<code>\w+)` -?\d+ \|[^|]*\| (?<proof>[^|]*) \|$", RegexOptions.Multiline)]
    private static partial Regex CodeRow();

    [GeneratedRegex(@"\bErrorCode\.(?<code>\w+)")]
    private static partial Regex Code();

    [GeneratedRegex(@"`(?<name>\w+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"\[(?:Fact|Theory|TracedFact|MountFact|ToolFact|KafkaFact)[^\n]*\](?:\s*\[[^\n]*\])*\s*public (?:static )?(?:unsafe )?(?:async Task|Task|void) (?<name>\w+)")]
    private static partial Regex Test();
}
