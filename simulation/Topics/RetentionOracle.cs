using System.Globalization;
using Zurau.Engine.Records;

namespace Zurau.Simulation;

/// <summary>
/// Checks whether retention may have deleted the records below a log start. Each record
/// that no request deleted must have been older than <c>retention.ms</c> at some time of
/// the wall clock, or the records after it must fill <c>retention.bytes</c>. The engine
/// deletes whole segments; this condition must hold for each batch.
/// </summary>
internal sealed class RetentionOracle
{
    private const int CompressionSlack = 128; // Compression may enlarge small batches.
    private readonly Dictionary<int, long> _appendedAtMs = [];
    private long _largestMs = long.MinValue;
    private long _smallestMs = long.MaxValue;
    private bool _hasGoneBack;

    internal long NowMs { get; private set; }

    /// <summary>
    /// Notes the current time of the wall clock. Called before and after each step of the
    /// clock, and before each check.
    /// </summary>
    internal void NoteTime(World world)
    {
        long nowMs = world.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _hasGoneBack |= nowMs < NowMs;
        _largestMs = Math.Max(_largestMs, nowMs);
        _smallestMs = Math.Min(_smallestMs, nowMs);
        NowMs = nowMs;
    }

    /// <summary>Notes that a batch is about to be appended.</summary>
    internal void Note(AppendedBatch batch) => _appendedAtMs[batch.Id] = NowMs;

    /// <summary>
    /// Checks a log start that was read: every record below it must have been deleted by
    /// a request or by retention.
    /// </summary>
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
                throw partition.Anomaly($"lost-write: the log of {topic} starts at {start}, but neither retention nor a request can have deleted {batch} at offset {batch.Offset}");
            }
        }

        partition.StartAtMost = start;
    }

    private bool IsExpired(AppendedBatch batch, IReadOnlyDictionary<string, string> configs)
    {
        // A timestamp in the future counts as the time of the append, which may be too
        // early if the clock was set back.
        long since = Math.Min(batch.Timestamps.Max(), _hasGoneBack ? _smallestMs : _appendedAtMs[batch.Id]);
        return Setting(configs, TopicConfigs.RetentionMs) is >= 0 and { } retentionMs && _largestMs - since > retentionMs;
    }

    private static bool IsTooMuch(AppendedBatch batch, IReadOnlyDictionary<string, string> configs, IReadOnlyList<AppendedBatch> appends) =>
        Setting(configs, TopicConfigs.RetentionBytes) is >= 0 and { } retentionBytes
        && appends.Where(other => other.Partition == batch.Partition && (other.Offset < 0 || other.Offset > batch.Offset))
            .Sum(static other => (long)SizeAtMost(other)) >= retentionBytes;

    private static int SizeAtMost(AppendedBatch batch) => BatchLayout.HeaderSize + CompressionSlack + (batch.Count * (40 + batch.ValueBytes));

    private static long? Setting(IReadOnlyDictionary<string, string> configs, string name) =>
        configs.TryGetValue(name, out string? value) ? long.Parse(value, CultureInfo.InvariantCulture) : null;
}
