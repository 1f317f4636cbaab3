using Engine.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using Zurau.Engine.Log;
using Zurau.Engine.Log.Cleaning;
using Zurau.Engine.Records;

namespace Engine.Tests.Log.Cleaning;

/// <summary>Any history of puts, tombstones, transactions, rolls, cleanings, reopenings and crashes says the same of every key.</summary>
public sealed class CleaningModelTests
{
    private const int Retention = 50;

    [Fact]
    public void Readers_from_any_offset_end_with_the_same_values_as_without_cleaning() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed => // C1
    {
        var random = new Random(seed);
        using var log = new KeyedLog(new LogSettings { SegmentBytes = random.Next(300, 4000), IndexIntervalBytes = random.Next(1, 500), DeleteRetentionMs = Retention });
        var history = new History(log, random);
        var head = new Dictionary<string, string>();
        long headOffset = 0;
        var tombstones = new Dictionary<long, long>(); // Offset of a tombstone → when a cleaning may have come over it first.
        long nowMs = 100_000;
        for (int round = 0; round < 8; round++)
        {
            history.Write(random.Next(1, 25));
            headOffset = ReadOn(log, head, headOffset);
            long[] starts = [0, random.NextInt64(log.NextOffset + 1), random.NextInt64(log.NextOffset + 1)];
            Dictionary<string, string>[] expected = [.. starts.Select(log.LastValues)];
            long end = log.Log.ReadEnd().Offset;
            string producers = Producers(log);

            nowMs += random.Next(0, Retention);
            long copied = log.Log.Segments[^1].BaseOffset; // At most; the map may be full before.
            log.Log.Clean(nowMs, Settings(random));
            if (random.Next(2) == 0)
            {
                log.Reopen(isClean: random.Next(2) == 0);
            }

            Assert.Equal(end, log.Log.ReadEnd().Offset);
            Assert.Equal(producers, Producers(log));
            for (int i = 0; i < starts.Length; i++)
            {
                Assert.Equal(Sorted(expected[i]), Sorted(log.LastValues(starts[i])));
            }

            List<(long Offset, string? Key, string? Value)> left = log.Read();
            Assert.Equal(left.Select(static record => record.Offset).Distinct().Order(), left.Select(static record => record.Offset));
            AssertMarkersOf(log, history);
            foreach ((long offset, string key) in history.Tombstones.Where(tombstone => tombstone.Offset < copied))
            {
                // One that something newer of its key has made void may go at once.
                tombstones.TryAdd(offset, nowMs);
                if (history.LastOffsets[key] == offset && nowMs < tombstones[offset] + Retention)
                {
                    Assert.Contains((offset, key, null), left);
                }
            }

            log.Continue();
        }

        headOffset = ReadOn(log, head, headOffset);
        history.EndAll();
        ReadOn(log, head, headOffset);
        Assert.Equal(Sorted(history.Values), Sorted(head));
        Assert.Equal(Sorted(history.Values), Sorted(log.LastValues()));
        return true;
    }).QuickCheckThrowOnFailure();

    private static CleanerSettings Settings(Random random) => new()
    {
        DedupeBufferBytes = random.Next(3) == 0 ? random.Next(2, 12) * OffsetMap.SlotBytes : 1 << 20,
        IoBufferBytes = random.Next(64, 5000),
        StepBytes = random.Next(1, 5000),
    };

    /// <summary>A reader at the head: it takes every record up to the last stable offset once, and those of aborted transactions never.</summary>
    private static long ReadOn(KeyedLog log, Dictionary<string, string> values, long from)
    {
        long stable = log.Log.LastStableOffset;
        foreach ((string key, string? value) in log.Committed(from, stable))
        {
            values.Remove(key);
            if (value is not null)
            {
                values[key] = value;
            }
        }

        return stable;
    }

    /// <summary>Where data of a transaction is left, its marker is: a reader must be able to tell what became of it.</summary>
    private static void AssertMarkersOf(KeyedLog log, History history)
    {
        HashSet<long> offsets = [.. log.Read().Select(static record => record.Offset)];
        foreach ((long first, long last, long marker) in history.Transactions)
        {
            if (Enumerable.Range((int)first, (int)(last - first + 1)).Any(offset => history.IsDataOf(marker, offset) && offsets.Contains(offset)))
            {
                Assert.True(offsets.Contains(marker), $"data from {first} to {last} is left, its marker at {marker} is not");
            }
        }
    }

    private static string Producers(KeyedLog log) => string.Join(';', log.Log.Upkeep.CopyProducers()!.Values
        .OrderBy(static producer => producer.ProducerId)
        .Select(static producer => $"{producer.ProducerId} {producer.Epoch} {producer.LastSequence} {producer.LastOffset} {producer.TransactionFirstOffset}"));

    private static IEnumerable<string> Sorted(IReadOnlyDictionary<string, string> values) => values.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key}={pair.Value}");

    /// <summary>Writes at random and remembers what it means.</summary>
    private sealed class History(KeyedLog log, Random random)
    {
        private readonly Dictionary<long, List<(long Offset, string Key, string? Value)>> _open = [];
        private readonly Dictionary<long, HashSet<long>> _dataOf = [];

        internal Dictionary<string, string> Values { get; } = [];

        internal Dictionary<string, long> LastOffsets { get; } = [];

        internal List<(long Offset, string Key)> Tombstones { get; } = [];

        internal List<(long First, long Last, long Marker)> Transactions { get; } = [];

        internal bool IsDataOf(long marker, long offset) => _dataOf[marker].Contains(offset);

        internal void Write(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                long producer = random.Next(1, 4);
                switch (random.Next(10))
                {
                    case < 5:
                        Put(-1, false);
                        break;
                    case 5:
                        Put(producer + 10, false);
                        break;
                    case < 8:
                        Put(producer, true);
                        break;
                    case 8 when _open.ContainsKey(producer):
                        End(producer, random.Next(2) == 0);
                        break;
                    default:
                        if (log.HasUnrolled)
                        {
                            log.Roll(gap: random.Next(4) == 0 ? random.Next(1, 5) : 0);
                            log.RecoveryPoint = log.NextOffset;
                        }

                        break;
                }
            }
        }

        internal void EndAll()
        {
            log.Continue();
            foreach (long producer in _open.Keys.ToArray())
            {
                End(producer, isCommit: true);
            }
        }

        private void Put(long producer, bool isTransactional)
        {
            long first = log.NextOffset;
            (string? Key, string? Value)[] records = [.. Enumerable.Range(0, random.Next(1, 4)).Select(i => ((string?)$"k{random.Next(6)}", random.Next(4) == 0 ? null : $"{first + i}{new string('x', random.Next(60))}"))];
            log.Put(producer, isTransactional, records);
            List<(long, string, string?)> written = [.. records.Select((record, i) => (first + i, record.Key!, record.Value))];
            if (isTransactional)
            {
                _open.TryAdd(producer, []);
                _open[producer].AddRange(written);
            }
            else
            {
                Apply(written);
            }
        }

        private void End(long producer, bool isCommit)
        {
            List<(long Offset, string Key, string? Value)> data = _open[producer];
            _open.Remove(producer);
            Transactions.Add((data[0].Offset, data[^1].Offset, log.NextOffset));
            _dataOf[log.NextOffset] = [.. data.Select(static record => record.Offset)];
            log.End(producer, isCommit);
            if (isCommit)
            {
                Apply(data);
            }
        }

        // By offset: a record that was committed late does not push one aside that was written later.
        private void Apply(List<(long Offset, string Key, string? Value)> records)
        {
            foreach ((long offset, string key, string? value) in records)
            {
                if (value is null)
                {
                    Tombstones.Add((offset, key));
                }

                if (offset < LastOffsets.GetValueOrDefault(key, -1))
                {
                    continue;
                }

                LastOffsets[key] = offset;
                Values.Remove(key);
                if (value is not null)
                {
                    Values[key] = value;
                }
            }
        }
    }
}
