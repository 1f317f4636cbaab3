using System.Diagnostics;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures the latency of a durable append with one sender and with 10 and 100
/// concurrent senders (P5).
/// </summary>
internal static class DurableSuite
{
    private const int FlushBlock = 4096;
    private const string Fdatasync = "fdatasync of 4 KB";
    private const string Commit = "FasterLog (enqueue and commit)";
    private const string FastCommit = "FasterLog (the same, fast commit mode)";

    internal static Suite Make() => new("durable", "latency of one durable append, 10 and 100 concurrent senders (P5)",
    [
        new("P5: one at a time", Latency) { ExpectedDuration = new(0.9, static scale => scale.DurableAppends) },
        new("P5: 10 senders", static context => Concurrent(context, 10)) { ExpectedDuration = new(0.3, static scale => scale.ConcurrentAppends) },
        new("P5: 100 senders", static context => Concurrent(context, 100)) { ExpectedDuration = new(0.5, static scale => scale.ConcurrentAppends) },
    ]);

    private static void Latency(BenchContext context)
    {
        Scale scale = context.Scale;
        int count = scale.DurableAppends;
        var batches = EncodedBatches.Single(100);
        using EngineLog engine = EngineLog.Open(context.NewDirectory());
        var contestants = new List<Contestant>
        {
            new("ours", $"acks=all, batches of one record of 100 B, {count} appends one after another, each awaited by a blocked thread", () =>
                engine.OnNewTopic(scale.SegmentBytes, partition => Time(count, () => Append(engine.Broker, partition, batches.Batches[0]).AsTask().GetAwaiter().GetResult()))),
            new(Fdatasync, "pwrite of 4 KiB and fdatasync, sequentially in a file that is preallocated and unwritten", () =>
            {
                using var file = new RawFile(context.NewDirectory(), (long)count * FlushBlock);
                file.Flush();
                return Percentiles.Latency(file.FlushLatencies(count, FlushBlock));
            }),
        };
        if (context.Peers.WithLibraries)
        {
            contestants.Add(Faster(Commit, false, "local file opened with O_SYNC"));
            contestants.Add(Faster(FastCommit, true, "local file opened with O_SYNC, FastCommitMode, checksum per entry"));
        }

        Contestant Faster(string name, bool isFast, string mode) => new(name, FasterLogPeer.Settings(mode, scale), () =>
        {
            using var peer = FasterLogPeer.OnFile(context.NewDirectory(), scale.PeerMemoryBytes, isFast);
            return Time(count, () =>
            {
                peer.Log.Enqueue(batches.Value);
                peer.Log.Commit(spinWait: true);
            });
        })
        { IsPeer = true };
        IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, contestants);
        Entry ours = entries["ours"];
        Entry sync = entries[Fdatasync];
        context.Add(Row.Of("P5.latency.p50", "one durable append, p50", "µs", ours) with
        {
            Limits = [Limit(ours.Value, sync.Value)],
            Peers = entries.Peers(ours.Value, Commit, FastCommit),
            Targets = [Target.AtMost($"ratio to {Fdatasync}, alternating", 1.5, ours.Value.RatioTo(sync.Value)), .. entries.RatioAtMost(ours.Value, Commit, 0.5)],
        });
        context.Add(Row.Of("P5.latency.p99", "one durable append, p99", "µs", ours.Tail!, ours) with
        {
            Limits = [Limit(ours.Tail!, sync.Tail!)],
            Peers = entries.TailPeers(ours.Tail!, Commit, FastCommit),
        });
    }

    private static void Concurrent(BenchContext context, int senders)
    {
        Scale scale = context.Scale;
        // The same number per sender, so that both cases have about the same duration.
        int each = scale.ConcurrentAppends / 100;
        var batches = EncodedBatches.Single(100);
        using EngineLog engine = EngineLog.Open(context.NewDirectory());
        var contestants = new List<Contestant>
        {
            new("ours", $"acks=all, {senders} asynchronous senders, each awaits its batch of one record of 100 B before it sends the next, {each} batches per sender", () =>
                engine.OnNewTopic(scale.SegmentBytes, partition => SendersRate(senders, each, async () => await Append(engine.Broker, partition, batches.Batches[0])))),
            new(Fdatasync, $"{senders} divided by the p50 of fdatasync of 4 KB: one flush for all senders", () =>
            {
                using var file = new RawFile(context.NewDirectory(), (long)scale.DurableAppends * FlushBlock);
                file.Flush();
                return new Measurement(senders / Percentiles.Latency(file.FlushLatencies(scale.DurableAppends, FlushBlock)).Value * 1e6);
            }),
        };
        if (context.Peers.WithLibraries)
        {
            contestants.Add(new(Commit, FasterLogPeer.Settings($"local file opened with O_SYNC, {senders} senders await WaitForCommitAsync, a thread commits without pause", scale), () => FasterSenders(context, batches.Value, senders, each)) { IsPeer = true });
        }

        IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, contestants);
        Entry ours = entries["ours"];
        Entry ideal = entries[Fdatasync];
        double share = ours.Value.RatioTo(ideal.Value);
        context.Add(Row.Of($"P5.senders.{senders}", $"durable appends of {senders} concurrent senders", "rec/s", ours) with
        {
            Limits = [new LimitShare($"{senders} ÷ {Fdatasync}, alternating", ideal.Value.Median, "rec/s", share)],
            Peers = entries.Peers(ours.Value, Commit),
            Targets = senders == 100 ? [Target.AtLeast($"share of {senders} ÷ fdatasync p50", 0.6, share)] : [],
        });
    }

    private static Measurement FasterSenders(BenchContext context, byte[] value, int senders, int each)
    {
        using var peer = FasterLogPeer.OnFile(context.NewDirectory(), context.Scale.PeerMemoryBytes);
        using var done = new ManualResetEventSlim();
        var committer = new Thread(() =>
        {
            while (!done.IsSet)
            {
                peer.Log.Commit(spinWait: true);
            }
        })
        { IsBackground = true };
        committer.Start();
        Measurement rate = SendersRate(senders, each, async () => await peer.Log.EnqueueAndWaitForCommitAsync(value));
        done.Set();
        committer.Join();
        return rate;
    }

    private static LimitShare Limit(Samples ours, Samples sync) => new($"{Fdatasync}, alternating (of the time)", sync.Median, "µs", 1 / ours.RatioTo(sync));

    private static async ValueTask Append(Broker broker, TopicPartition partition, byte[] batch)
    {
        AppendResult result = await broker.AppendAsync(partition, batch, Acks.All).ConfigureAwait(false);
        if (result.Error != ErrorCode.None)
        {
            throw new InvalidOperationException($"{result.Error}: {result.Message}");
        }
    }

    private static Measurement Time(int count, Action work)
    {
        work();
        double[] latencies = new double[count];
        for (int i = 0; i < count; i++)
        {
            long began = Stopwatch.GetTimestamp();
            work();
            latencies[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
        }

        return Percentiles.Latency(latencies);
    }

    private static Measurement SendersRate(int senders, int each, Func<Task> send) => Workers.Rate(1, senders * each, _ =>
    {
        Task[] tasks = new Task[senders];
        for (int i = 0; i < senders; i++)
        {
            tasks[i] = Task.Run(async () =>
            {
                for (int n = 0; n < each; n++)
                {
                    await send();
                }
            });
        }

        Task.WaitAll(tasks);
    });
}
