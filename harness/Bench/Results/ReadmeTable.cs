using System.Text;

namespace Zurau.Harness.Bench.Results;

/// <summary>Writes a run's headlines as a block of Markdown between two markers. Pure.</summary>
internal static class ReadmeTable
{
    internal const string Begin = "<!-- performance of ";
    internal const string End = "<!-- /performance -->";

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

    /// <summary>Writes the block, markers included.</summary>
    /// <param name="result">The run.</param>
    /// <param name="link">Its folder as the README sees it.</param>
    internal static string Write(BenchResult result, string link)
    {
        RunHeader header = result.Header;
        Row[] rows = [.. s_headlines.Select(id => result.Rows.FirstOrDefault(row => row.Id == id)).OfType<Row>()];
        Target[] targets = [.. result.Rows.SelectMany(static row => row.Targets)];
        var text = new StringBuilder();
        text.Append($"{Begin}{link}, written by the harness -->\n");
        text.Append($"[This run]({link}/summary.md) ({header.Size}, {header.Date}, commit {header.Commit}): {header.Cpu}, {header.Cores} cores, {header.Memory}, {header.FileSystem}, {header.Runtime}. ");
        text.Append($"Medians with the smallest and the largest; ratios are ours divided by the peer's in the same run. {targets.Count(static target => target.IsMet)} of {targets.Length} targets met.\n\n");
        text.Append("| | what | figure | target | beside | share of the limit |\n|---|---|---|---|---|---|\n");
        foreach (Row row in rows)
        {
            string wanted = Lines(row.Targets.Select(static target => $"{(IsRatio(target) ? target.What + " " : "")}{target.Sign} {Figure.Of(target.Wanted)}: {(target.IsMet ? "met" : "**missed**")}{(IsRatio(target) ? $" ({Figure.Of(target.Reached)})" : "")}"));
            string peers = Lines(row.Peers.Select(static peer => $"{Figure.Ratio(peer.Ratio)} {peer.Name}"));
            string limits = Lines(row.Limits.Select(static limit => $"{Figure.Percent(limit.Share)} {limit.Name}"));
            text.Append($"| {TargetIds.Of(row)} | {row.What.Replace("<", "\\<", StringComparison.Ordinal)} | {Figure.Of(row.Median)} {row.Unit} ({Figure.Of(row.Min)} – {Figure.Of(row.Max)}) | {wanted} | {peers} | {limits} |\n");
        }

        string[] missing = [.. TargetIds.All.Where(id => !rows.Any(row => TargetIds.Of(row) == id))];
        if (missing.Length > 0)
        {
            text.Append($"\nNot measured in this run: {string.Join(", ", missing)}.\n");
        }

        return text.Append(End).ToString();
    }

    /// <summary>Puts a block into a text in place of the one that is there; null where there is none.</summary>
    internal static string? Replace(string text, string block)
    {
        int begin = text.IndexOf(Begin, StringComparison.Ordinal);
        int end = text.IndexOf(End, StringComparison.Ordinal);
        return begin < 0 || end < begin ? null : text[..begin] + block + text[(end + End.Length)..];
    }

    private static bool IsRatio(Target target) => target.What.Contains("ratio", StringComparison.Ordinal) || target.What.Contains("share", StringComparison.Ordinal);

    private static string Lines(IEnumerable<string> lines) => string.Join("<br>", lines);
}
