using CsCheck;
using Engine.Tests.Support;
using Zurau.Engine.Log;
using Zurau.Engine.Log.Cleaning;

namespace Engine.Tests.Log.Cleaning;

/// <summary>
/// Any history of puts, tombstones, transactions, rolls, cleanings, reopenings and
/// crashes gives the same values of every key.
/// </summary>
public sealed class CleaningModelTests
{
    private const int Retention = 50;

    private static readonly Gen<Operation> s_operation = Gen.Frequency<Operation>(
        (8, Gen.Select(
            Gen.Frequency<int>((5, Gen.Const(Put.NoProducer)), (1, Gen.Int[11, 13]), (2, Gen.Int[1, 3])),
            Gen.String[Gen.Char["abcdefabcdefabcdefABCDEF"], 1, 3],
            Gen.Int[0, 59],
            static (producer, letters, padding) => new Put(producer, letters, padding))),
        (2, Gen.Select(Gen.Int[1, 3], Gen.Bool, static (producer, isCommit) => new End(producer, isCommit))),
        (2, Gen.Frequency<int>((3, Gen.Const(0)), (1, Gen.Int[1, 4])).Select(static gap => new Roll(gap))),
        (1, Gen.Select(
            Gen.Int[0, Retention - 1],
            Gen.Int[0, 200],
            Gen.Frequency<int>((2, Gen.Const(0)), (1, Gen.Int[2, 11])),
            Gen.Int[64, 5000],
            Gen.Int[1, 5000],
            Gen.Enum<Restart>(),
            static (elapsedMs, reader, slots, io, step, restart) => new Clean(elapsedMs, reader, slots, io, step, restart))));

    [Fact]
    public void Readers_from_any_offset_end_with_the_same_values_as_without_cleaning() => // C1
        Property.HoldsForHistories(Gen.Select(Gen.Int[300, 4000], Gen.Int[1, 500]), s_operation, 100, static (layout, operations) =>
        {
            using var log = new KeyedLog(new LogSettings { SegmentBytes = layout.Item1, IndexIntervalBytes = layout.Item2, DeleteRetentionMs = Retention });
            new Run(log).Do(operations);
        });

    private sealed class Run(KeyedLog log)
    {
        private readonly KeyedHistory _history = new(log);
        private readonly Dictionary<string, string> _head = []; // What a reader at the head has read.
        private readonly Dictionary<long, long> _tombstones = []; // Offset of a tombstone → when a cleaning may have seen it first.
        private long _headOffset;
        private long _nowMs = 100_000;

        internal void Do(List<Operation> operations)
        {
            foreach (Operation operation in operations)
            {
                switch (operation)
                {
                    case Put put:
                        _history.Put(put.Producer, put.IsTransactional, put.Letters, put.Padding);
                        break;
                    case End end:
                        _history.End(end.Producer, end.IsCommit);
                        break;
                    case Roll roll:
                        _history.Roll(roll.Gap);
                        break;
                    default:
                        Do((Clean)operation);
                        break;
                }
            }

            ReadOn();
            _history.EndAll();
            ReadOn();
            Assert.Equal(Sorted(_history.Values), Sorted(_head));
            Assert.Equal(Sorted(_history.Values), Sorted(log.LastValues()));
        }

        private void Do(Clean clean)
        {
            ReadOn();
            long[] starts = [0, clean.Reader % (log.NextOffset + 1)];
            Dictionary<string, string>[] expected = [.. starts.Select(log.LastValues)];
            long end = log.Log.ReadEnd().Offset;
            string producers = Producers();

            _nowMs += clean.ElapsedMs;
            long copied = log.Log.Segments[^1].BaseOffset; // At most; the map may be full before.
            log.Log.Clean(_nowMs, clean.Settings);
            if (clean.Restart != Restart.None)
            {
                log.Reopen(isClean: clean.Restart == Restart.Clean);
            }

            Assert.Equal(end, log.Log.ReadEnd().Offset);
            Assert.Equal(producers, Producers());
            for (int i = 0; i < starts.Length; i++)
            {
                Assert.Equal(Sorted(expected[i]), Sorted(log.LastValues(starts[i])));
            }

            List<(long Offset, string? Key, string? Value)> left = log.Read();
            Assert.Equal(left.Select(static record => record.Offset).Distinct().Order(), left.Select(static record => record.Offset));
            AssertMarkers([.. left.Select(static record => record.Offset)]);
            AssertTombstones(left, copied);
            log.Continue();
        }

        /// <summary>
        /// A reader at the head: it reads every record up to the last stable offset once, and
        /// those of aborted transactions never.
        /// </summary>
        private void ReadOn()
        {
            long stable = log.Log.LastStableOffset;
            foreach ((string key, string? value) in log.Committed(_headOffset, stable))
            {
                _head.Remove(key);
                if (value is not null)
                {
                    _head[key] = value;
                }
            }

            _headOffset = stable;
        }

        /// <summary>
        /// If data of a transaction is left, its marker is: a reader must be able to see what
        /// became of it.
        /// </summary>
        private void AssertMarkers(HashSet<long> offsets)
        {
            foreach ((long first, long last, long marker) in _history.Transactions)
            {
                if (Enumerable.Range((int)first, (int)(last - first + 1)).Any(offset => _history.IsDataOf(marker, offset) && offsets.Contains(offset)))
                {
                    Assert.True(offsets.Contains(marker), $"data from {first} to {last} is left, its marker at {marker} is not");
                }
            }
        }

        // One that a newer record of its key has made void may be deleted at once.
        private void AssertTombstones(List<(long Offset, string? Key, string? Value)> left, long copied)
        {
            foreach ((long offset, string key) in _history.Tombstones.Where(tombstone => tombstone.Offset < copied))
            {
                _tombstones.TryAdd(offset, _nowMs);
                if (_history.LastOffsets[key] == offset && _nowMs < _tombstones[offset] + Retention)
                {
                    Assert.Contains((offset, key, null), left);
                }
            }
        }

        private string Producers() => string.Join(';', log.Log.Upkeep.CopyProducers()!.Values
            .OrderBy(static producer => producer.ProducerId)
            .Select(static producer => $"{producer.ProducerId} {producer.Epoch} {producer.LastSequence} {producer.LastOffset} {producer.TransactionFirstOffset}"));

        private static IEnumerable<string> Sorted(IReadOnlyDictionary<string, string> values) => values.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key}={pair.Value}");
    }

    private enum Restart
    {
        None,
        Clean,
        Crash,
    }

    private abstract record Operation;

    private sealed record Put(int Producer, string Letters, int Padding) : Operation
    {
        internal const int NoProducer = -1;

        internal bool IsTransactional => Producer is > 0 and < 10;
    }

    private sealed record End(int Producer, bool IsCommit) : Operation;

    private sealed record Roll(int Gap) : Operation;

    private sealed record Clean(int ElapsedMs, int Reader, int Slots, int IoBufferBytes, int StepBytes, Restart Restart) : Operation
    {
        internal CleanerSettings Settings => Cleanings.Default with { DedupeBufferBytes = Slots == 0 ? 1 << 20 : Slots * OffsetMap.SlotBytes, IoBufferBytes = IoBufferBytes, StepBytes = StepBytes };
    }
}
