using System.Text;

namespace Zurau.Harness.Bench.Results;

/// <summary>
/// Formats the most important figures of a run as a block of Markdown between two
/// markers. Pure.
/// </summary>
internal static class PerformanceTables
{
    internal const string Begin = "<!-- performance of ";
    internal const string End = "<!-- /performance -->";

    private const string Ratio = "ratio to ";
    private const string Share = "share of ";

    private static readonly string[] s_headlines =
    [
        "P1.acks1.100B.t1", "P1.acks1.100B.t2", "P1.acksall.100B.t1", "P2.acks1.1KB.t1", "P2.acksall.1KB.t1",
        "P3.raw.100B.t1", "P3.typed.100B.t1", "P3.peers.acks1", "P3.peers.acks1-wide", "P4.awaited.100B.t1", "P5.latency.p50", "P5.senders.100",
        "P6.crc.100B.t1", "P6.raw.100B.t1", "P6.cold.crc.100B.t1", "P7.bytes.100B.t1", "P7.string.100B.t1",
        "P8.spinning.p50", "P8.spinning.p99", "P8.parked.p50", "P8.one-at-a-time.mean", "P9.stored.100B", "P9.produced.100B",
        "P10.1.p1", "P10.100.p1", "P10.100.p8", "P11.after-kill", "P11.clean-start", "P12.compaction", "P13.partitions.1000", "P14.warm", "P14.cold",
        "P15.gzip.compress.text", "P15.snappy.compress.text", "P15.lz4.compress.text", "P15.zstd.compress.text",
        "P16.append.64KB", "P16.fetch.1MB", "P16.produce.100B",
    ];

    /// <summary>Formats the block, including its markers.</summary>
    /// <param name="result">The run.</param>
    /// <param name="link">The folder of the run, relative to the page.</param>
    internal static string Write(BenchResult result, string link)
    {
        RunHeader header = result.Header;
        Row[] headlines = [.. s_headlines.Select(id => result.Rows.FirstOrDefault(row => row.Id == id)).OfType<Row>()];

        // Every missed target is listed, also that of a row that is not in the list of
        // headlines.
        Row[] judged = [.. headlines.Where(static row => row.Targets.Count > 0).Union(result.Rows.Where(static row => row.Targets.Any(static target => !target.IsMet))).OrderBy(TargetIds.NumberOf)];
        Target[] targets = [.. result.Rows.SelectMany(static row => row.Targets)];
        var text = new StringBuilder();
        text.Append($"{Begin}{link}, written by the harness -->\n");
        text.Append($"[This run]({link}/summary.md) ({header.Size}, {header.Date}, commit {header.Commit}): {header.Cpu}, {header.Cores} cores, {header.Memory}, {header.FileSystem}, {header.Runtime}. ");
        text.Append($"Medians, with the smallest and the largest value in parentheses. {targets.Count(static target => target.IsMet)} of {targets.Length} targets are met.\n\n");
        text.Append("| | what | reached | target | result |\n|---|---|---|---|---|\n");
        foreach (Row row in judged)
        {
            foreach (Target target in row.Targets)
            {
                string outcome = target.IsMet ? "met" : $"**missed**: [why](#{TargetIds.Of(row).ToLowerInvariant()})";
                text.Append($"| {row.Id} | {Escape(row.What)} | {Reached(row, target)} | {target.Sign} {Quantity(target, target.Wanted)} | {outcome} |\n");
            }
        }

        text.Append("\nThe same rows compared with other systems and with the limits of the machine. A ratio is our figure divided by that of the peer in the same run: above 1 is better for rates, below 1 for times.\n\n");
        text.Append("| | what | ours | ratio to | share of the limit |\n|---|---|---|---|---|\n");
        foreach (Row row in headlines.Where(static row => row.Peers.Count + row.Limits.Count > 0))
        {
            string peers = Lines(row.Peers.Select(static peer => $"{Figure.Ratio(peer.Ratio)} {peer.Name}"));
            string limits = Lines(row.Limits.Select(static limit => $"{Figure.Percent(limit.Share)} {limit.Name}"));
            text.Append($"| {row.Id} | {Escape(row.What)} | {Spread(row)} | {peers} | {limits} |\n");
        }

        string[] missing = [.. TargetIds.All.Where(id => !headlines.Any(row => TargetIds.Of(row) == id))];
        if (missing.Length > 0)
        {
            text.Append($"\nNot measured in this run: {string.Join(", ", missing)}.\n");
        }

        return text.Append(End).ToString();
    }

    /// <summary>Replaces the block in a text; returns null if the text has none.</summary>
    internal static string? Replace(string text, string block)
    {
        int begin = text.IndexOf(Begin, StringComparison.Ordinal);
        int end = text.IndexOf(End, StringComparison.Ordinal);
        return begin < 0 || end < begin ? null : text[..begin] + block + text[(end + End.Length)..];
    }

    // In the unit of the target. The spread is known only for the row's own figure.
    private static string Reached(Row row, Target target) =>
        target.Reached == row.Median && UnitOf(target) == row.Unit ? Spread(row)
        : target.What.StartsWith(Ratio, StringComparison.Ordinal) ? $"{Figure.Ratio(target.Reached)} {target.What[Ratio.Length..]}"
        : ShareOf(target) is { } whole ? $"{Figure.Percent(target.Reached)} of {whole}"
        : Quantity(target, target.Reached);

    private static string Quantity(Target target, double value) =>
        target.What.StartsWith(Ratio, StringComparison.Ordinal) ? Figure.Ratio(value)
        : ShareOf(target) is not null ? Figure.Percent(value)
        : $"{Figure.Of(value)} {UnitOf(target)}";

    private static string? ShareOf(Target target)
    {
        int share = target.What.IndexOf(Share, StringComparison.Ordinal);
        return share < 0 ? null : target.What[(share + Share.Length)..];
    }

    private static string UnitOf(Target target) => target.What switch
    {
        _ when target.What.StartsWith("records ", StringComparison.Ordinal) => "rec/s",
        _ when target.What.StartsWith("transactions ", StringComparison.Ordinal) => "txn/s",
        _ when target.What.StartsWith("bytes ", StringComparison.Ordinal) => "B/record",
        _ => target.What,
    };

    private static string Spread(Row row) => $"{Figure.Of(row.Median)} {row.Unit} ({Figure.Of(row.Min)} – {Figure.Of(row.Max)})";

    private static string Escape(string what) => what.Replace("<", "\\<", StringComparison.Ordinal);

    private static string Lines(IEnumerable<string> lines) => string.Join("<br>", lines);
}
