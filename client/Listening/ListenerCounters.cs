using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Zurau.Listening;

/// <summary>
/// Counts what a listener does, for its public properties and as metrics of the meter <c>Zurau</c>, under OpenTelemetry's names where there
/// is one. Written by the listener's loop, read by anyone.
/// </summary>
internal sealed class ListenerCounters(ListenerSettings settings)
{
    private static readonly Meter s_meter = new("Zurau");

    private static readonly Counter<long> s_consumed =
        s_meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Records given to a handler.");
    private static readonly Histogram<double> s_duration =
        s_meter.CreateHistogram<double>("messaging.process.duration", "s", "Time a handler took for a record.");
    private static readonly Counter<long> s_failed =
        s_meter.CreateCounter<long>("zurau.listener.failed", "{message}", "Deliveries that failed.");
    private static readonly Counter<long> s_retried =
        s_meter.CreateCounter<long>("zurau.listener.retried", "{message}", "Failed deliveries that are tried again.");
    private static readonly Counter<long> s_deadLettered =
        s_meter.CreateCounter<long>("zurau.listener.dead_lettered", "{message}", "Records written to a dead-letter topic.");
    private static readonly Counter<long> s_skipped =
        s_meter.CreateCounter<long>("zurau.listener.skipped", "{message}", "Records given up without a dead letter.");
    private static readonly Counter<long> s_unacknowledged =
        s_meter.CreateCounter<long>(
            "zurau.listener.unacknowledged",
            "{message}",
            "Records that were not acknowledged within max.poll.interval.ms.");

    private long _handled;
    private long _failures;
    private long _retries;
    private long _deadLetters;
    private long _skips;

    public long Handled => Volatile.Read(ref _handled);

    public long Failed => Volatile.Read(ref _failures);

    public long Retried => Volatile.Read(ref _retries);

    public long DeadLettered => Volatile.Read(ref _deadLetters);

    public long Skipped => Volatile.Read(ref _skips);

    /// <summary>Whether somebody listens to how long handlers take: reading the clock twice costs as much as calling one.</summary>
    public static bool AreTimesWanted => s_duration.Enabled;

    /// <summary>A handler returned or failed.</summary>
    /// <param name="topic">The record's topic.</param>
    /// <param name="duration">How long it took; null when nobody wanted to know.</param>
    /// <param name="failure">What it threw; null when it returned.</param>
    public void AddDelivery(string topic, TimeSpan? duration, Exception? failure)
    {
        Interlocked.Increment(ref failure is null ? ref _handled : ref _failures);
        if (!s_consumed.Enabled && !s_duration.Enabled && !s_failed.Enabled)
        {
            return;
        }

        TagList tags = Tags(topic);
        s_consumed.Add(1, tags);
        if (failure is not null)
        {
            tags.Add("error.type", failure.GetType().FullName);
            s_failed.Add(1, tags);
        }

        if (duration is { } taken)
        {
            s_duration.Record(taken.TotalSeconds, tags);
        }
    }

    public void AddRetry(string topic)
    {
        Interlocked.Increment(ref _retries);
        s_retried.Add(1, Tags(topic));
    }

    public void AddDeadLetter(string topic)
    {
        Interlocked.Increment(ref _deadLetters);
        s_deadLettered.Add(1, Tags(topic));
    }

    public void AddSkip(string topic)
    {
        Interlocked.Increment(ref _skips);
        s_skipped.Add(1, Tags(topic));
    }

    public void AddUnacknowledged(string topic) => s_unacknowledged.Add(1, Tags(topic));

    private TagList Tags(string topic) => new()
    {
        { "messaging.system", "kafka" },
        { "messaging.destination.name", topic },
        { "messaging.consumer.group.name", settings.GroupId },
        { "zurau.listener.id", settings.Id },
    };
}
