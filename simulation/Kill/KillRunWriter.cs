using System.Runtime.InteropServices;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// The process that is killed. Appends from several threads, commits and reads until it
/// is killed or closed by SIGTERM.
/// </summary>
internal sealed class KillRunWriter
{
    /// <summary>Printed when appends have started.</summary>
    internal const string Ready = "ready";

    /// <summary>Printed after a clean shutdown.</summary>
    internal const string Closed = "closed";

    private const int MaxBatchRecords = 5;

    /// <summary>
    /// The number of records after which a process run appends slowly, to limit the size
    /// of the directories.
    /// </summary>
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

    /// <summary>Executes one process run.</summary>
    /// <param name="seed">The seed of the plan.</param>
    /// <param name="run">The number of the process run in the directory.</param>
    /// <param name="dataDirectory">The data directory.</param>
    /// <param name="expectedDirectory">The directory of the expected state.</param>
    internal static int Run(int seed, int run, string dataDirectory, string expectedDirectory)
    {
        var plan = KillRunPlan.Draw(seed);
        Broker broker = plan.Open(dataDirectory);
        ErrorResult created = broker.CreateTopic(new NewTopic(KillRunPlan.Topic, plan.Partitions));
        if (created.Error is not (ErrorCode.None or ErrorCode.TopicAlreadyExists))
        {
            throw new InvalidOperationException($"{created.Error}: {created.Message}");
        }

        new KillRunWriter(plan, new KillRunExpected(expectedDirectory), broker).Run(run);
        return 0;
    }

    private void Run(int run)
    {
        Console.Error.Flush(); // Opens the stream now, because this fails after descriptors have run out.
        using var stop = new ManualResetEventSlim();
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Set();
        });
        Thread[] threads =
        [
            .. Enumerable.Range(0, _plan.Writers).Select(writer => new Thread(() => Write(writer, run))),
            new Thread(Commit),
            new Thread(Watch),
        ];
        Array.ForEach(threads, static thread => thread.Start());
        Say(Ready);
        stop.Wait();

        // The appenders still run, so that the close happens during appends.
        _isStopping = true;
        _broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Array.ForEach(threads, static thread => thread.Join());
        Say(Closed);
    }

    private void Write(int writer, int run)
    {
        var random = new Random(HashCode.Combine(_plan.Seed, writer) ^ run);
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

    /// <summary>
    /// Commits increasing offsets, each one acknowledged before the next.
    /// </summary>
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
            IReadOnlyList<PartitionResult> results = _broker.Groups.CommitOffsetsAsync(KillRunPlan.Group, "", -1, [KeyValuePair.Create(partition, new OffsetAndMetadata(committed))])
                .AsTask().GetAwaiter().GetResult();
            if (results[0].Error != ErrorCode.None)
            {
                Check(results[0].Error, "a commit failed");
                return;
            }

            state.Set(1, committed);
            Thread.Sleep(1);
        }
    }

    /// <summary>
    /// Stores the readable end of each partition. Records that a reader has seen must
    /// survive the kill.
    /// </summary>
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

    /// <summary>Fails on an error unless the broker is closing.</summary>
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
