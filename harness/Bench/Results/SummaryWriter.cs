using System.Text;

namespace Zurau.Harness.Bench.Results;

/// <summary>Formats a run as self-contained Markdown. Pure.</summary>
internal static class SummaryWriter
{
    internal static string Write(BenchResult result, IReadOnlyList<(string Title, string File)> charts)
    {
        var text = new StringBuilder();
        text.Append("# Benchmark run of ").Append(result.Header.Date).Append("\n\n");
        text.Append("| | |\n|---|---|\n");
        foreach ((string name, string value) in result.Header.Lines())
        {
            text.Append($"| {name} | {value} |\n");
        }

        text.Append("\nMedians of several runs, with the smallest and the largest. Limits were measured in the same run; ours and the peers ran alternately, ");
        text.Append("and a ratio is ours divided by the peer's (the median of the ratios per round). 1 MB is 1,000,000 bytes.\n");
        foreach (string line in result.NotRun.Concat(result.Failed.Select(static line => $"**{line}**")))
        {
            text.Append($"\n{line}\n");
        }

        foreach ((string title, string file) in charts)
        {
            text.Append($"\n![{title}]({file})\n");
        }

        WriteTargets(text, result);
        foreach (IGrouping<string, Row> group in result.Rows.GroupBy(static row => row.Id.Split('.')[0]))
        {
            WriteRows(text, group.Key, [.. group]);
        }

        WriteCosts(text, result);
        WriteTimes(text, result);
        return text.ToString();
    }

    private static void WriteTargets(StringBuilder text, BenchResult result)
    {
        text.Append("\n## Targets\n\n");
        string[] missing = [.. TargetIds.All.Where(id => !result.Rows.Any(row => row.Targets.Count > 0 && TargetIds.Of(row) == id))];
        (Row Row, Target Target)[] targets = [.. result.Rows.SelectMany(static row => row.Targets.Select(target => (row, target))).OrderBy(static one => TargetIds.NumberOf(one.row))];
        if (targets.Length > 0)
        {
            int met = targets.Count(static one => one.Target.IsMet);
            text.Append($"{met} of {targets.Length} met.\n\n| id | what | wanted | reached | |\n|---|---|---|---|---|\n");
        }

        foreach ((Row row, Target target) in targets)
        {
            text.Append($"| {row.Id} | {target.What} | {target.Sign} {Figure.Of(target.Wanted)} | {Figure.Of(target.Reached)} | {(target.IsMet ? "met" : "**missed**")} |\n");
        }

        if (targets.Any(static one => !one.Target.IsMet))
        {
            text.Append("\nReasons for missed targets, and profiles: `perf-results/README.md`.\n");
        }

        if (missing.Length > 0)
        {
            text.Append($"\nNot measured in this run: {string.Join(", ", missing)}.\n");
        }
    }

    private static void WriteCosts(StringBuilder text, BenchResult result)
    {
        text.Append("\n## Resource usage\n\nOf one round of ours: medians over the rounds, for peak memory the maximum. Collections are counted once, by the oldest generation that they reached. ");
        text.Append($"CPU is user and system time of all threads; peak memory is resident memory, including mapped pages of files.\n\n| id | {string.Join(" | ", CostFigures.Names)} |\n|---|---|---|---|---|---|---|\n");
        foreach (Row row in result.Rows.Where(static row => row.Cost is not null))
        {
            text.Append($"| {row.Id} | {string.Join(" | ", CostFigures.Of(row.Cost!))} |\n");
        }
    }

    private static void WriteTimes(StringBuilder text, BenchResult result)
    {
        text.Append($"\n## Durations\n\n{result.Times.Sum(static time => time.Seconds) / 60:0.0} minutes, {result.Times.Sum(static time => time.Expected) / 60:0.0} expected.\n\n| suite | case | seconds | expected |\n|---|---|---|---|\n");
        foreach (CaseTime time in result.Times)
        {
            text.Append($"| {time.Suite} | {time.Case} | {Figure.Of(time.Seconds)} | {Figure.Of(time.Expected)} |\n");
        }
    }

    private static void WriteRows(StringBuilder text, string title, IReadOnlyList<Row> rows)
    {
        text.Append($"\n## {title}\n\n| id | what | unit | median | min – max | runs | share of the limit | peers: figure, ours ÷ theirs | allocated B/record |\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (Row row in rows)
        {
            string limits = string.Join("<br>", row.Limits.Select(static limit => $"{Figure.Percent(limit.Share)} of {limit.Name} ({Figure.Of(limit.Value)} {limit.Unit})"));
            string peers = string.Join("<br>", row.Peers.Select(static peer => $"{peer.Name}: {Figure.Of(peer.Median)} ({Figure.Of(peer.Min)} – {Figure.Of(peer.Max)}), {Figure.Ratio(peer.Ratio)}"));
            string allocated = row.AllocatedBytesPerRecord is { } bytes ? Figure.Of(bytes) : "";
            text.Append($"| {row.Id} | {row.What} | {row.Unit} | {Figure.Of(row.Median)} | {Figure.Of(row.Min)} – {Figure.Of(row.Max)} | {row.Runs} | {limits} | {peers} | {allocated} |\n");
        }

        text.Append("\nSettings:\n\n");
        foreach (IGrouping<string, string> settings in rows.GroupBy(static row => row.Settings, static row => row.Id))
        {
            text.Append($"- {string.Join(", ", settings)}: {settings.Key}\n");
        }

        foreach (IGrouping<string, Peer> peer in rows.SelectMany(static row => row.Peers).DistinctBy(static peer => (peer.Name, peer.Settings)).GroupBy(static peer => peer.Name))
        {
            text.Append($"- {peer.Key}: {string.Join("; ", peer.Select(static one => one.Settings))}\n");
        }
    }
}
