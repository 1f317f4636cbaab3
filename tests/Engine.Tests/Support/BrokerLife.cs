using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Support;

/// <summary>
/// A broker in memory, or on a simulated disk, that may be closed, killed or lose its
/// power, and opened again; its duties are stepped during waits.
/// </summary>
internal sealed class BrokerLife : IDisposable
{
    private readonly LogHooks _hooks;
    private readonly SimDisk? _disk;
    private readonly Func<BrokerSettings, BrokerSettings> _configure;
    private SteppedPump _pump;

    internal BrokerLife(InlineHooks? hooks = null, SimDisk? disk = null, Func<BrokerSettings, BrokerSettings>? configure = null)
    {
        _configure = configure ?? (static settings => settings);
        _hooks = hooks ?? new InlineHooks();
        _disk = disk;
        (_pump, Broker) = Open();
    }

    internal MemoryStorage Storage { get; } = new();

    internal SteppedTime Time { get; } = new();

    internal Broker Broker { get; private set; }

    internal void Restart(bool isClean)
    {
        if (isClean)
        {
            Broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
        else if (_disk is null)
        {
            Storage.Release(); // What a killed process leaves: everything that it wrote, nothing closed.
        }
        else
        {
            _disk.Kill([]);
        }

        (_pump, Broker) = Open();
    }

    /// <summary>Unflushed bytes survive as the disk's profile defines.</summary>
    internal void CutPower()
    {
        _disk!.PowerLoss([]);
        (_pump, Broker) = Open();
    }

    internal void Step() => _pump.Step();

    internal void Advance(int ms)
    {
        Time.Advance(ms);
        Settle();
    }

    /// <summary>Steps until all background work is done.</summary>
    internal void Settle()
    {
        for (int i = 0; i < 150; i++)
        {
            _pump.Step();
            if (Broker.Transactions.List().All(static transaction => transaction.State is not (TransactionState.PrepareCommit or TransactionState.PrepareAbort)))
            {
                return;
            }

            Time.Advance(100);
        }

        Assert.Fail("A decided transaction is never completed.");
    }

    internal T Wait<T>(ValueTask<T> task)
    {
        for (int step = 0; !task.IsCompleted; step++)
        {
            Assert.True(step < 1000, "The answer never comes.");
            _pump.Step();
        }

        return task.GetAwaiter().GetResult();
    }

    /// <summary>What a consumer with <c>isolation.level=read_committed</c> is handed.</summary>
    internal List<string> ReadCommitted(TopicPartition partition) => Read(partition, IsolationLevel.ReadCommitted);

    internal List<string> Read(TopicPartition partition, IsolationLevel isolation)
    {
        var values = new List<string>();
        long offset = 0;
        while (true)
        {
            using FetchResponse response = Wait(Broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(partition, offset, 200)], MaxWaitMs = 0, IsolationLevel = isolation }));
            FetchedPartition fetched = response.Partitions[0];
            Assert.Equal(ErrorCode.None, fetched.Error);
            ReadOnlySpan<byte> bytes = fetched.Records.Span;
            if (bytes.IsEmpty)
            {
                return values;
            }

            offset = Take(bytes, fetched.AbortedTransactions, values);
        }
    }

    public void Dispose()
    {
        Broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Storage.Dispose();
    }

    // Kafka's rule for readers: a producer is aborted from the first offset of an entry to
    // its next ABORT marker.
    private static long Take(ReadOnlySpan<byte> bytes, IReadOnlyList<AbortedTransactionRange>? ranges, List<string> values)
    {
        var waiting = (ranges ?? []).OrderBy(static range => range.FirstOffset).ToList();
        var aborted = new HashSet<long>();
        long next = -1;
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            long lastOffset = batch.LastOffset;
            foreach (AbortedTransactionRange range in waiting.Where(range => range.FirstOffset <= lastOffset).ToArray())
            {
                aborted.Add(range.ProducerId);
                waiting.Remove(range);
            }

            if (batch.IsControl)
            {
                aborted.Remove(batch.ProducerId);
            }
            else if (!(batch.IsTransactional && aborted.Contains(batch.ProducerId)))
            {
                values.AddRange(Batches.Read(batch.Bytes).Select(static record => record.Value));
            }

            next = lastOffset + 1;
            bytes = bytes[batch.SizeBytes..];
        }

        return next;
    }

    private (SteppedPump Pump, Broker Broker) Open()
    {
        var pump = new SteppedPump(Time);
        IStorage storage = _disk is null ? new CheckedStorage(Storage) : _disk.Boot();
        return (pump, Broker.Open(_configure(new BrokerSettings { Storage = storage, TimeProvider = Time, DutyPump = pump, RandomSeed = 7, Hooks = _hooks, LogSegmentBytes = 2000 })));
    }
}
