using System.Globalization;
using Zurau.Engine.Records;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Tells whether retention may have deleted what is below a log's start: for each record that nobody asked to delete, it was older than
/// <c>retention.ms</c> at some time that the wall clock showed, or what follows it fills <c>retention.bytes</c>. The engine decides by
/// segments; this is what must hold of each batch whatever the segments are.
/// </summary>
internal sealed class RetentionOracle
{
    private const int CompressionSlack = 128; // Small batches may grow by being compressed.
    private readonly Dictionary<int, long> _appendedAtMs = [];
    private long _largestMs = long.MinValue;
    private long _smallestMs = long.MaxValue;
    private bool _hasGoneBack;

    internal long NowMs { get; private set; }

    /// <summary>The wall clock showed a time; called before and after each of its steps, and before each judgement.</summary>
    internal void Look(World world)
    {
        long nowMs = world.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _hasGoneBack |= nowMs < NowMs;
        _largestMs = Math.Max(_largestMs, nowMs);
        _smallestMs = Math.Min(_smallestMs, nowMs);
        NowMs = nowMs;
    }

    /// <summary>A batch is about to be appended; the clock was looked at.</summary>
    internal void Note(AppendedBatch batch) => _appendedAtMs[batch.Id] = NowMs;

    /// <summary>A log's start was seen: everything below was deleted for a reason.</summary>
    internal void Explain(World world, TopicIncarnation topic, PartitionModel partition, long start, IReadOnlyList<AppendedBatch> appends)
    {
        if (start <= partition.StartAtMost)
        {
            return;
        }

        foreach (AppendedBatch batch in partition.Known)
        {
            if (batch.Offset >= start || batch.EndOffset <= partition.StartAtMost)
            {
                continue;
            }

            bool isExpired = topic.AllConfigs.Exists(configs => IsExpired(batch, configs));
            bool isTooMuch = topic.AllConfigs.Exists(configs => IsTooMuch(batch, configs, appends));
            if (isExpired != isTooMuch)
            {
                world.Probe(isExpired ? "retention by time" : "retention by size");
            }

            if (!isExpired && !isTooMuch)
            {
                throw partition.Anomaly($"lost-write: the log of {topic} starts at {start}, and neither retention nor a request has deleted {batch} at offset {batch.Offset}");
            }
        }

        partition.StartAtMost = start;
    }

    private bool IsExpired(AppendedBatch batch, IReadOnlyDictionary<string, string> configs)
    {
        // A time that is still to come counts as that of the last append, which a clock that was set back may show too early.
        long since = Math.Min(batch.Timestamps.Max(), _hasGoneBack ? _smallestMs : _appendedAtMs[batch.Id]);
        return Setting(configs, "retention.ms") is >= 0 and { } retentionMs && _largestMs - since > retentionMs;
    }

    private static bool IsTooMuch(AppendedBatch batch, IReadOnlyDictionary<string, string> configs, IReadOnlyList<AppendedBatch> appends) =>
        Setting(configs, "retention.bytes") is >= 0 and { } retentionBytes
        && appends.Where(other => other.Partition == batch.Partition && (other.Offset < 0 || other.Offset > batch.Offset))
            .Sum(static other => (long)SizeAtMost(other)) >= retentionBytes;

    private static int SizeAtMost(AppendedBatch batch) => BatchLayout.HeaderSize + CompressionSlack + (batch.Count * (40 + batch.ValueBytes));

    private static long? Setting(IReadOnlyDictionary<string, string> configs, string name) =>
        configs.TryGetValue(name, out string? value) ? long.Parse(value, CultureInfo.InvariantCulture) : null;
}
