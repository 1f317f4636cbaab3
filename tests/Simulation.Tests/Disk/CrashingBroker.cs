using System.Globalization;
using System.Text;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>
/// A broker on a simulated disk, and what it has promised: it is crashed between and
/// within calls, and each new life is held to the promises of the earlier ones. One
/// thread; copies are never in flight here.
/// </summary>
internal sealed class CrashingBroker : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly SimRandom _random;
    private readonly SimTime _time = new();
    private readonly Dictionary<string, TopicModel> _topics = new(StringComparer.Ordinal);
    private Broker? _broker;
    private SteppedPump _pump;
    private readonly List<string> _deleted = [];
    private int _values;

    internal CrashingBroker(ulong seed, DiskProfile profile)
    {
        _random = new SimRandom(seed);
        Disk = new SimDisk(_random.Fork(), profile);
        _pump = new SteppedPump(_time);
    }

    internal SimDisk Disk { get; }

    internal List<string> Trace { get; } = [];

    /// <summary>What one topic must and may hold.</summary>
    private sealed class TopicModel
    {
        /// <summary>Values by offset, including those of an interrupted append.</summary>
        internal List<string> Values { get; } = [];

        /// <summary>How many of them must survive a kill, and a power loss.</summary>
        internal int Acknowledged { get; set; }

        internal int Durable { get; set; }

        /// <summary>The first readable offset must be at least the one, may be the other.</summary>
        internal long Start { get; set; }

        internal long AskedStart { get; set; }

        internal bool IsCertain { get; set; }

        internal bool IsBeingDeleted { get; set; }
    }

    /// <summary>
    /// Runs the broker several times; each run is ended by a crash or a clean close.
    /// </summary>
    internal void Run(int runs)
    {
        for (int life = 0; life < runs; life++)
        {
            bool isPowerLoss = _random.NextBool();
            int calls = _random.Next(4) == 0 ? int.MaxValue : 1 + _random.Next(150);
            Trace.Add($"life {life}: {(isPowerLoss ? "power loss" : "kill")} at call {calls}");
            Disk.Calling = call =>
            {
                if (--calls == 0)
                {
                    Trace.Add($"  crash at {call.Operation} '{call.Path}'");
                    Crash(isPowerLoss);
                }
                else if (_random.Next(20) == 0)
                {
                    Disk.Writeback(1 + _random.Next(4));
                }
            };
            try
            {
                Open();
                for (int step = _random.Next(40); step > 0; step--)
                {
                    Step();
                }

                if (_random.Next(3) == 0)
                {
                    Trace.Add("  close");
                    Require(_broker!.DisposeAsync().AsTask().Wait(s_patience), "a close never ended");
                    foreach (TopicModel topic in _topics.Values)
                    {
                        topic.Durable = topic.Values.Count;
                        topic.IsCertain = true;
                    }
                }
                else
                {
                    Trace.Add("  crash between calls");
                    Crash(isPowerLoss);
                }
            }
            catch (ProcessDeadException)
            {
                // As planned.
            }
            catch (AggregateException exception) when (exception.InnerException is ProcessDeadException)
            {
                // As planned, in a task.
            }

            Disk.Calling = null;
            Disk.ReclaimDead();
        }

        Open();
    }

    public void Dispose() => Disk.Dispose();

    private void Crash(bool isPowerLoss)
    {
        if (isPowerLoss)
        {
            Disk.PowerLoss([]);
            foreach (TopicModel topic in _topics.Values)
            {
                topic.Acknowledged = topic.Durable;
            }
        }
        else
        {
            Disk.Kill([]);
        }
    }

    private void Open()
    {
        _time.DropTimers();
        _pump = new SteppedPump(_time);
        _broker = Broker.Open(new BrokerSettings
        {
            Storage = Disk.Boot(),
            TimeProvider = _time,
            DutyPump = _pump,
            RandomSeed = _random.Next(int.MaxValue),
            LogSegmentBytes = 600 + _random.Next(3000),
            LogIndexIntervalBytes = 1 + _random.Next(500),
            LogFlushOffsetCheckpointIntervalMs = 1000,
            AutoCreateTopicsEnable = false,
            MaxOpenSegments = 1 + _random.Next(10),
        });
        Check();
    }

    private void Check()
    {
        string? risen = _deleted.Find(name => _broker!.DescribeTopic(name, autoCreate: false, out _).IsSuccess);
        Require(risen is null, $"topic '{risen}' was deleted and is back");
        foreach ((string name, TopicModel topic) in _topics.ToArray())
        {
            bool exists = _broker!.DescribeTopic(name, autoCreate: false, out _).IsSuccess;
            if (!exists)
            {
                Require(!topic.IsCertain || topic.IsBeingDeleted, $"topic '{name}' is lost");
                _topics.Remove(name);
                continue;
            }

            Require(_broker.ListOffsets(new TopicPartition(name, 0), out long start, out long end).IsSuccess, $"topic '{name}' is offline");
            Require(end >= topic.Acknowledged && end <= topic.Values.Count, $"'{name}' ends at {end}: {topic.Acknowledged} were acknowledged, {topic.Values.Count} were sent");
            Require(start >= topic.Start && start <= Math.Max(topic.Start, topic.AskedStart), $"'{name}' starts at {start}, deleted before {topic.Start} for certain and {topic.AskedStart} perhaps");
            CheckRecords(name, topic, start, end);
            topic.Values.RemoveRange((int)end, topic.Values.Count - (int)end);
            topic.Acknowledged = (int)end;
            topic.IsBeingDeleted = false;
            topic.AskedStart = start;
        }
    }

    private void CheckRecords(string name, TopicModel topic, long start, long end)
    {
        long offset = start;
        while (offset < end)
        {
            var request = new FetchRequest { Partitions = [new FetchPartition(new TopicPartition(name, 0), offset, 1 + _random.Next(3000))], MaxWaitMs = 0 };
            using FetchResponse response = _broker!.FetchAsync(request).AsTask().Result;
            FetchedPartition fetched = response.Partitions[0];
            Require(fetched.Error == ErrorCode.None, $"'{name}' answers {fetched.Error} at {offset}");
            ReadOnlySpan<byte> bytes = fetched.Records.Span;
            long before = offset;
            while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
            {
                Require(batch.IsCrcValid(), $"'{name}' has a bad batch at {batch.BaseOffset}");
                RecordReader reader = batch.Records();
                while (reader.Read())
                {
                    if (reader.Offset >= offset)
                    {
                        string value = Encoding.UTF8.GetString(reader.Value);
                        Require(reader.Offset == offset && topic.Values[(int)offset] == value, $"'{name}' has '{value}' at {reader.Offset} where '{topic.Values[(int)offset]}' was sent to {offset}");
                        offset++;
                    }
                }

                bytes = bytes[batch.SizeBytes..];
            }

            Require(offset > before, $"'{name}' gives nothing at {offset}, ends at {end}");
        }
    }

    private void Step()
    {
        string[] names = [.. _topics.Keys];
        string? name = names.Length == 0 ? null : names[_random.Next(names.Length)];
        int choice = _random.Next(20);
        if (name is null || choice == 0)
        {
            Create();
            return;
        }

        TopicModel topic = _topics[name];
        switch (choice)
        {
            case 1 when _random.Next(3) == 0:
                Trace.Add($"  delete '{name}'");
                topic.IsBeingDeleted = true;
                Require(_broker!.DeleteTopicAsync(name).AsTask().Result.IsSuccess, $"deleting '{name}' failed");
                _topics.Remove(name);
                _deleted.Add(name);
                break;
            case 2:
                topic.AskedStart = Math.Max(topic.AskedStart, _random.Next(topic.Values.Count + 1));
                Trace.Add($"  delete records of '{name}' before {topic.AskedStart}");
                Require(_broker!.DeleteRecords(new TopicPartition(name, 0), topic.AskedStart).IsSuccess, $"deleting records of '{name}' failed");
                topic.Start = topic.AskedStart;
                break;
            case 3:
                _time.Advance(TimeSpan.FromMilliseconds(_random.Next(2000)));
                _pump.Run();
                break;
            case 4:
                Disk.Writeback(1 + _random.Next(8));
                break;
            default:
                Append(name, topic, _random.Next(3) == 0 ? Acks.All : Acks.Leader);
                break;
        }
    }

    private void Create()
    {
        string name = $"t{_values++}";
        Trace.Add($"  create '{name}'");
        var topic = new TopicModel();
        _topics.Add(name, topic);
        Require(_broker!.CreateTopic(new NewTopic(name)).IsSuccess, $"creating '{name}' failed");
        topic.IsCertain = true;
    }

    private void Append(string name, TopicModel topic, Acks acks)
    {
        int count = 1 + _random.Next(4);
        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + (count * 128)]);
        long first = topic.Values.Count;
        for (int i = 0; i < count; i++)
        {
            string value = string.Create(CultureInfo.InvariantCulture, $"{_values++}{new string('x', _random.Next(60))}");
            topic.Values.Add(value);
            builder.Append(_time.GetUtcNow().ToUnixTimeMilliseconds(), default, isKeyNull: true, Encoding.UTF8.GetBytes(value), isValueNull: false);
        }

        Trace.Add($"  append {count} to '{name}' at {first}, acks {acks}");
        Task<AppendResult> append = _broker!.AppendAsync(new TopicPartition(name, 0), builder.Build().ToArray(), acks).AsTask();
        if (!append.IsCompleted)
        {
            _pump.Run();
        }

        Require(append.Wait(s_patience), $"an append to '{name}' was never answered");
        Require(append.Result.Error == ErrorCode.None && append.Result.BaseOffset == first, $"an append to '{name}' at {first} was answered with {append.Result}");
        topic.Acknowledged = topic.Values.Count;
        topic.Durable = acks == Acks.All ? topic.Values.Count : topic.Durable;
        topic.IsCertain |= acks == Acks.All;
    }

    private void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"{what}\n{string.Join('\n', Trace.TakeLast(60))}");
        }
    }
}
