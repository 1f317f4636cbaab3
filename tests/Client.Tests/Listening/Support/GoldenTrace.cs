using System.Text.Json;

namespace Client.Tests.Listening.Support;

/// <summary>Lines that a real Spring for Apache Kafka left in golden/spring.</summary>
internal static class GoldenTrace
{
    /// <summary>All lines of a file.</summary>
    public static IReadOnlyList<JsonElement> Lines(string file) =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "golden", "spring", file)).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The one trace of a name.</summary>
    public static JsonElement Find(string file, string name) =>
        Lines(file).Single(line => line.GetProperty("kind").GetString() == "trace" && line.GetProperty("name").GetString() == name);

    /// <summary>What it handled and committed, in order.</summary>
    public static IReadOnlyList<string> HandledAndCommitted(JsonElement trace) =>
        [.. trace.GetProperty("events").EnumerateArray().Select(e => e.GetString()!)
            .Where(e => e.StartsWith("handle:", StringComparison.Ordinal) || e.StartsWith("commit:", StringComparison.Ordinal))];

    /// <summary>Committed offsets at the end, by partition.</summary>
    public static IReadOnlyDictionary<int, long> CommittedAtEnd(JsonElement trace) =>
        trace.GetProperty("committedAtEnd").EnumerateObject().ToDictionary(p => int.Parse(p.Name), p => p.Value.GetInt64());

    public static int[] RecordsPerPartition(JsonElement trace) =>
        [.. trace.GetProperty("config").GetProperty("recordsPerPartition").EnumerateArray().Select(n => n.GetInt32())];

    public static int MaxPollRecords(JsonElement trace) =>
        trace.GetProperty("config").TryGetProperty("max.poll.records", out JsonElement max) ? max.GetInt32() : 500;
}
