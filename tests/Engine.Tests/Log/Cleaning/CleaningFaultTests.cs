using System.Text;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Log.Cleaning;

/// <summary>
/// Each file operation of a cleaning fails, once or twice in a row, with every error
/// that a disk gives. The log serves every record, deleted records stay deleted, a
/// later cleaning and a restart or a power cut find a whole log.
/// </summary>
public sealed class CleaningFaultTests
{
    private static readonly int[] s_errnos = [24, 5, 28, 12, 122, 4]; // EMFILE, EIO, ENOSPC, ENOMEM, EDQUOT, EINTR

    [Fact]
    public async Task A_fault_at_any_step_of_a_cleaning_leaves_one_whole_log() // S3, S4, C7, E1
    {
        int runs = 0;
        bool wasReached = true;
        for (int call = 1; wasReached; call++)
        {
            wasReached = false;
            for (int i = 0; i < s_errnos.Length; i++)
            {
                var trial = new Trial(call, s_errnos[i], times: 1 + ((call + i) % 2), (Ending)((call + (i / 2)) % 3));
                wasReached |= await trial.RunAsync();
                runs++;
            }

            Assert.True(call < 1000, "A cleaning has no end of calls.");
        }

        Assert.True(runs > 300, $"only {runs} runs");
    }

    private enum Ending
    {
        Close,
        Kill,
        PowerCut,
    }

    private sealed class Trial(int call, int errno, int times, Ending ending)
    {
        private const int Backoff = 15_000;
        private static readonly TopicPartition s_orders = new("orders", 0);
        private readonly SteppedTime _time = new();
        private readonly List<(string Key, string Value)> _records = []; // Acknowledged as durable, by offset.
        private SteppedPump? _pump;
        private Broker? _broker;
        private int _calls;
        private long _start;

        public override string ToString() => $"call {call} fails with errno {errno}, {times} times, then {ending}";

        /// <summary>Runs the trial; false if the cleaning has fewer calls.</summary>
        internal async Task<bool> RunAsync()
        {
            try
            {
                return await RunAllAsync();
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"{this}: {exception.Message}", exception);
            }
        }

        private async Task<bool> RunAllAsync()
        {
            using var disk = new SimDisk(new SimRandom((ulong)call), DiskProfile.Nasty);
            disk.Calling = _ => _calls++;
            Open(disk);
            Assert.True(_broker!.CreateTopic(new NewTopic("orders", 1)
            {
                Configs = new Dictionary<string, string>
                {
                    ["cleanup.policy"] = "compact,delete",
                    ["retention.ms"] = "-1",
                    ["segment.bytes"] = "100",
                    ["min.cleanable.dirty.ratio"] = "0.01",
                },
            }).IsSuccess);
            await PutAsync(12);
            SetSegmentBytes(250); // Groups of some segments.

            _calls = 0;
            disk.Faults.Fail(DiskOperation.All, errno, call, times);
            _pump!.Advance(Backoff);
            bool wasReached = _calls >= call;
            disk.Faults.Heal();
            await VerifyAsync("after the fault");

            // Go on: records are deleted, and what is left is cleaned again in larger groups.
            bool hasFailed = _broker.FindLog(s_orders)!.HasFailed;
            Assert.True(_broker.DeleteRecords(s_orders, 3).IsSuccess);
            _start = 3;
            if (!hasFailed)
            {
                await PutAsync(4);
            }

            SetSegmentBytes(1_000_000);
            Advance(3);
            await VerifyAsync("after another cleaning");
            if (!hasFailed)
            {
                Assert.Empty(_broker.UncleanablePartitions);
            }

            if (ending == Ending.Close)
            {
                await _broker.DisposeAsync();
            }
            else if (ending == Ending.Kill)
            {
                disk.Kill([]);
            }
            else
            {
                disk.PowerLoss([]);
            }

            Open(disk);
            await VerifyAsync("after the restart");
            await PutAsync(4);
            Advance(3);
            await VerifyAsync("after a cleaning that follows the restart");
            Assert.Empty(_broker.UncleanablePartitions);
            await _broker.DisposeAsync();
            Assert.DoesNotContain(disk.Snapshot().Files.Keys, static path => path.EndsWith(".swap", StringComparison.Ordinal) || path.EndsWith(".cleaned", StringComparison.Ordinal));
            return wasReached;
        }

        private void Open(SimDisk disk)
        {
            _pump = new SteppedPump(_time);
            _broker = Broker.Open(new BrokerSettings
            {
                Storage = disk.Boot(),
                TimeProvider = _time,
                DutyPump = _pump,
                RandomSeed = 1,
                Hooks = new InlineHooks(),
                LogCleanerBackoffMs = Backoff,
                LogRetentionCheckIntervalMs = Backoff,
            });
        }

        private void Advance(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                _pump!.Advance(40 * Backoff); // Longer than any pause after a failure.
            }
        }

        private void SetSegmentBytes(int bytes) => Assert.True(_broker!.AlterTopicConfigs("orders", [new ConfigChange("segment.bytes", $"{bytes}")]).IsSuccess);

        private async Task PutAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                (string key, string value) = ($"k{_records.Count % 3}", $"{_records.Count}");
                var builder = new RecordBatchBuilder(new byte[200]);
                builder.Append(_time.NowMs, Encoding.UTF8.GetBytes(key), false, Encoding.UTF8.GetBytes(value), false);
                Task<AppendResult> appended = _broker!.AppendAsync(s_orders, builder.Build(), Acks.All).AsTask();
                for (int step = 0; step < 1000 && !appended.IsCompleted; step++)
                {
                    _pump!.Step();
                    await Task.Yield();
                }

                Assert.Equal((ErrorCode.None, _records.Count), ((await appended).Error, (await appended).BaseOffset));
                _records.Add((key, value));
            }
        }

        /// <summary>
        /// The last value of each key from the log's start on is served, and nothing that was
        /// never there or is deleted.
        /// </summary>
        private async Task VerifyAsync(string when)
        {
            Assert.True(_broker!.ListOffsets(s_orders, out long start, out long end).IsSuccess, $"{when}: offline");
            Assert.True(start >= _start, $"{when}: the log starts at {start}");
            Assert.Equal(_records.Count, end);

            // A fetch that never returns is a failure, not a hanging test.
            List<(long Offset, string Key, string Value)> read = await Task.Run(() => Read(start)).WaitAsync(TimeSpan.FromMinutes(2));
            Assert.All(read, record => Assert.Equal(_records[(int)record.Offset], (record.Key, record.Value)));
            Assert.Equal(read.Select(static record => record.Offset).Distinct().Order(), read.Select(static record => record.Offset));
            foreach (string key in (string[])["k0", "k1", "k2"])
            {
                long last = _records.FindLastIndex(record => record.Key == key);
                Assert.Contains(last, read.Select(static record => record.Offset));
            }
        }

        private List<(long Offset, string Key, string Value)> Read(long start)
        {
            var records = new List<(long, string, string)>();
            PartitionLog log = _broker!.FindLog(s_orders)!;
            long offset = start;
            while (true)
            {
                Assert.Equal(ErrorCode.None, log.Reader.Read(offset, 1 << 20, null, out RecordLease? lease, out _));
                if (lease is null)
                {
                    return records;
                }

                offset = Take(lease.Bytes.Span, offset, records);
                lease.Release();
            }
        }

        private static long Take(ReadOnlySpan<byte> bytes, long from, List<(long Offset, string Key, string Value)> records)
        {
            long next = from;
            while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
            {
                Assert.True(batch.IsCrcValid());
                RecordReader reader = batch.Records();
                while (reader.Read())
                {
                    if (reader.Offset >= from)
                    {
                        records.Add((reader.Offset, Encoding.UTF8.GetString(reader.Key), Encoding.UTF8.GetString(reader.Value)));
                    }
                }

                next = batch.LastOffset + 1;
                bytes = bytes[batch.SizeBytes..];
            }

            return next;
        }
    }
}
