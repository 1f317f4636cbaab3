using System.Runtime.InteropServices;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Harness.Crash;

/// <summary>The process that is killed: appends from several threads, commits and reads until it dies, or until SIGTERM has it close.</summary>
internal sealed class KillRunWriter
{
    /// <summary>Printed when appends are under way.</summary>
    internal const string Ready = "ready";

    /// <summary>Printed behind a clean close.</summary>
    internal const string Closed = "closed";

    private const int MaxBatchRecords = 5;

    /// <summary>From here on a life goes on slowly: kills are to be many, not directories large.</summary>
    private const int FastRecords = 3_000;
    private readonly KillRunPlan _plan;
    private readonly KillRunExpected _expected;
    private readonly Broker _broker;
    private volatile bool _isStopping;

    private KillRunWriter(KillRunPlan plan, KillRunExpected expected, Broker broker)
    {
        _plan = plan;
        _expected = expected;
        _broker = broker;
    }

    /// <summary>Runs one life.</summary>
    /// <param name="seed">The plan's.</param>
    /// <param name="life">Which life of the directory this is.</param>
    /// <param name="dataDirectory">The data.</param>
    /// <param name="expectedDirectory">Where the expected state is kept.</param>
    internal static int Run(int seed, int life, string dataDirectory, string expectedDirectory)
    {
        var plan = KillRunPlan.Draw(seed);
        Broker broker = plan.Open(dataDirectory);
        ErrorResult created = broker.CreateTopic(new NewTopic(KillRunPlan.Topic, plan.Partitions));
        if (created.Error is not (ErrorCode.None or ErrorCode.TopicAlreadyExists))
        {
            throw new InvalidOperationException($"{created.Error}: {created.Message}");
        }

        new KillRunWriter(plan, new KillRunExpected(expectedDirectory), broker).Run(life);
        return 0;
    }

    private void Run(int life)
    {
        Console.Error.Flush(); // Opens it: when descriptors have run out it is too late.
        using var stop = new ManualResetEventSlim();
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Set();
        });
        Thread[] threads =
        [
            .. Enumerable.Range(0, _plan.Writers).Select(writer => new Thread(() => Write(writer, life))),
            new Thread(Commit),
            new Thread(Watch),
        ];
        Array.ForEach(threads, static thread => thread.Start());
        Say(Ready);
        stop.Wait();

        // Nobody is told to stop before: the close comes into the middle of appends.
        _isStopping = true;
        _broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Array.ForEach(threads, static thread => thread.Join());
        Say(Closed);
    }

    private void Write(int writer, int life)
    {
        var random = new Random(HashCode.Combine(_plan.Seed, writer) ^ life);
        using KillRunExpected.Writer state = _expected.OpenWriter(writer);
        long begin = _expected.Attempted(writer);
        long sequence = begin;
        while (true)
        {
            int count = random.Next(1, MaxBatchRecords + 1);
            int partition = random.Next(_plan.Partitions);
            Acks acks = random.Next(100) < _plan.AcksAllPercent ? Acks.All : random.Next(10) == 0 ? Acks.None : Acks.Leader;
            state.Attempt(sequence + count);
            AppendResult result = _broker.AppendAsync(new TopicPartition(KillRunPlan.Topic, partition), KillRunRecord.Batch(_plan, writer, sequence, count), acks)
                .AsTask().GetAwaiter().GetResult();
            if (result.Error != ErrorCode.None || _isStopping)
            {
                Check(result.Error, result.Message);
                return;
            }

            if (acks != Acks.None)
            {
                state.Acknowledge(new(partition, acks, result.BaseOffset, sequence, count));
            }

            sequence += count;
            if (sequence - begin > FastRecords)
            {
                Thread.Sleep(1);
            }
        }
    }

    /// <summary>Commits ever higher offsets, each acknowledged before the next.</summary>
    private void Commit()
    {
        using KillRunExpected.Numbers state = _expected.OpenCommits();
        var partition = new TopicPartition(KillRunPlan.Topic, 0);
        long committed = _expected.CommitAttempted;
        while (!_isStopping)
        {
            _broker.ListOffsets(partition, out _, out long end);
            if (end <= committed)
            {
                Thread.Sleep(1);
                continue;
            }

            committed++;
            state.Set(0, committed);
            IReadOnlyList<OffsetCommitResult> results = _broker.CommitOffsetsAsync(KillRunPlan.Group, "", -1, [KeyValuePair.Create(partition, new OffsetAndMetadata(committed))])
                .AsTask().GetAwaiter().GetResult();
            if (results[0].Error != ErrorCode.None)
            {
                Check(results[0].Error, "a commit was refused");
                return;
            }

            state.Set(1, committed);
            Thread.Sleep(1);
        }
    }

    /// <summary>Notes how far each partition can be read: what somebody has seen must not vanish with the process.</summary>
    private void Watch()
    {
        using KillRunExpected.Numbers state = _expected.OpenSeen();
        while (!_isStopping)
        {
            for (int i = 0; i < _plan.Partitions; i++)
            {
                if (_broker.ListOffsets(new TopicPartition(KillRunPlan.Topic, i), out _, out long end).IsSuccess && end >= 0)
                {
                    state.Set(i, end);
                }
            }

            Thread.Sleep(1);
        }
    }

    /// <summary>While the engine closes, refusals are right; before, nothing may fail.</summary>
    private void Check(ErrorCode error, string? message)
    {
        if (!_isStopping)
        {
            Console.Error.WriteLine($"{error}: {message}");
            Environment.Exit(3);
        }
    }

    private static void Say(string word)
    {
        Console.Out.WriteLine(word);
        Console.Out.Flush();
    }
}
