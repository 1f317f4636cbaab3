using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Client.Tests.Listening.Support;
using Zurau.Listening;

namespace Client.Tests.Listening;

/// <summary>Tests the metrics of a listener in the meter <c>Zurau</c>.</summary>
public sealed class ListenerMetricsTests
{
    [Fact]
    public async Task Deliveries_failures_retries_and_dead_letters_are_counted_under_the_listeners_id()
    {
        var counted = new ConcurrentDictionary<string, long>();
        using MeterListener meter = Listen("metrics", counted);
        await using var bench = new ListenerBench(call => call.Offset == 1 ? throw new InvalidOperationException("boom") : default);
        bench.Settings = bench.Settings with { Id = "metrics", BackOffMaxRetries = 2 };
        bench.WithRecords(3);
        var counters = new ListenerCounters(bench.Settings);

        await using (var loop = new ListenerLoop(bench.Method, bench.Settings, bench.Cluster, bench.Services, counters, bench.Log))
        {
            await loop.SubscribeAsync(CancellationToken.None);
            while (await loop.PollOnceAsync(TimeSpan.Zero, default) > 0)
            {
            }
        }

        Assert.Equal(
            [
                ("messaging.client.consumed.messages", 5),
                ("messaging.process.duration", 5),
                ("zurau.listener.dead_lettered", 1),
                ("zurau.listener.failed", 3),
                ("zurau.listener.retried", 2),
            ],
            counted.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => (count.Key, count.Value)));
        Assert.Equal((2, 3, 2, 1), (counters.Handled, counters.Failed, counters.Retried, counters.DeadLettered));
    }

    private static MeterListener Listen(string id, ConcurrentDictionary<string, long> counted)
    {
        var meter = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Zurau")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        meter.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        meter.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Add(instrument, 1, tags));
        meter.Start();
        return meter;

        void Add(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            // Other tests run beside this one and count too.
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag.Key == "zurau.listener.id" && Equals(tag.Value, id))
                {
                    counted.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value);
                }
            }
        }
    }
}
