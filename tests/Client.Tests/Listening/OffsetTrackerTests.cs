using Client.Tests.Listening.Support;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau;
using Zurau.Listening;

namespace Client.Tests.Listening;

/// <summary>Laws of the committed offset.</summary>
public sealed class OffsetTrackerTests
{
    /// <summary>
    /// Random offsets with gaps, random order of acknowledgments, drops and redeliveries,
    /// against a model that is only a list: the commit is the end of the longest completed
    /// prefix of the delivered records, and never passes an open record.
    /// </summary>
    [Fact]
    public void A_commit_never_passes_an_open_record_and_includes_the_whole_completed_prefix() =>
        Property.HoldsForHistories(Gen.Select(Gen.Enum<Act>(), Gen.Int[0, 59], static (act, number) => new Operation(act, number)), 60, Follow, count: 500);

    [Fact]
    public void A_gap_in_the_offsets_does_not_hold_up_the_commit()
    {
        var bench = new Bench();
        Delivery first = bench.HandOut(3);
        Delivery second = bench.HandOut(17);

        Assert.True(bench.Tracker.Complete(second));
        Assert.False(bench.Tracker.TryGetCommit(out _));
        Assert.True(bench.Tracker.Complete(first));
        Assert.True(bench.Tracker.TryGetCommit(out OffsetAndMetadata position));
        Assert.Equal(18, position.Offset);
    }

    [Fact]
    public void Many_threads_acknowledge_at_once_and_nothing_is_lost()
    {
        var bench = new Bench();
        Delivery[] deliveries = [.. Enumerable.Range(0, 10_000).Select(offset => bench.HandOut(offset))];

        Parallel.ForEach(deliveries, delivery => delivery.Acknowledge());

        Assert.True(bench.Tracker.TryGetCommit(out OffsetAndMetadata position));
        Assert.Equal(10_000, position.Offset);
        Assert.Equal(0, bench.Tracker.Count);
    }

    private static void Follow(List<Operation> operations)
    {
        var bench = new Bench();
        var model = new List<(Delivery Delivery, bool IsDone)>();
        long nextOffset = 0;
        foreach ((Act act, int number) in operations)
        {
            int open = model.FindIndex(0, entry => !entry.IsDone);
            switch (act)
            {
                case Act.HandOut:
                    model.Add((bench.HandOut(nextOffset), false));
                    nextOffset += 1 + (number % 3);
                    break;
                case Act.Acknowledge when model.Count > 0:
                    // Any record may be acknowledged, also a done one again.
                    int i = number % model.Count;
                    model[i].Delivery.Acknowledge();
                    model[i] = (model[i].Delivery, true);
                    break;
                case Act.FailLast when model.Count > 0 && !model[^1].IsDone:
                    // It comes again as another delivery, and the old acknowledgment is void.
                    Delivery old = model[^1].Delivery;
                    bench.Tracker.Drop(old);
                    model[^1] = (bench.HandOut(old.Offset), false);
                    old.Acknowledge();
                    break;
                case Act.Rewind when open >= 0:
                    // It and those after it come again as other deliveries, whether they were done or not.
                    int from = model.FindIndex(Math.Max(open, number % model.Count), entry => !entry.IsDone);
                    if (from >= 0)
                    {
                        Assert.True(bench.Tracker.Rewind(model[from].Delivery));
                        nextOffset = model[from].Delivery.Offset;
                        model[from..].ForEach(entry => entry.Delivery.Acknowledge());
                        model.RemoveRange(from, model.Count - from);
                    }

                    break;
                case Act.AcknowledgeFirst when open >= 0:
                    model[open].Delivery.Acknowledge();
                    model[open] = (model[open].Delivery, true);
                    break;
                default:
                    break;
            }

            int done = model.FindIndex(entry => !entry.IsDone) is var end and >= 0 ? end : model.Count;
            long? expected = done == 0 ? null : model[done - 1].Delivery.Offset + 1;
            Assert.Equal(expected, bench.Tracker.TryGetCommit(out OffsetAndMetadata position) ? position.Offset : null);
        }
    }

    private enum Act
    {
        HandOut,
        Acknowledge,
        FailLast,
        AcknowledgeFirst,
        Rewind,
    }

    private sealed record Operation(Act Act, int Number);

    /// <summary>A tracker without a listener.</summary>
    private sealed class Bench
    {
        private readonly OffsetCommitter _committer;

        public Bench()
        {
            ListenerSettings settings = new ListenerBench(_ => default).Settings;
            _committer = new OffsetCommitter(new FakeTransport(new SteppedTime()).CreateConsumer(settings.Consumer), settings, NullLogger.Instance);
            Tracker = _committer.Assign(new TopicPartition("t", 0));
        }

        public OffsetTracker Tracker { get; }

        public Delivery HandOut(long offset)
        {
            var delivery = new Delivery(Tracker, _committer) { Offset = offset, LeaderEpoch = 0 };
            Tracker.HandOut(delivery);
            return delivery;
        }
    }
}
