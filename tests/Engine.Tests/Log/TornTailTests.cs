using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// Power cuts on paper: of what was not flushed any 512-byte sector of any file is
/// there or not, lengths and names too. The log comes back as a prefix with all that
/// was flushed.
/// </summary>
public sealed class TornTailTests
{
    private const int Sector = 512;

    [Fact]
    public void Any_sectors_that_a_power_cut_takes_leave_a_prefix_with_all_that_was_flushed() => Property.HoldsForSeeds(100, static seed => // K2 K3 K9 W2 W3 W4 W14
    {
        var random = new Random(seed);
        var settings = new LogSettings { SegmentBytes = random.Next(1500, 8000), IndexIntervalBytes = random.Next(1, 1000) };
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, settings);
        int flushed = random.Next(0, 60);
        var values = new List<string>();
        Append(log, values, flushed, random);
        Assert.True(log.Flusher.FlushNow().IsOk);
        log.FlushSealed();
        var inputs = new RecoveryInputs(false, log.RecoveryPoint);
        Dictionary<string, byte[]> durable = Read(storage);
        Append(log, values, random.Next(0, 40), random);
        Dictionary<string, byte[]> cache = Read(storage);
        log.Release();

        using MemoryStorage after = Cut(durable, cache, random);
        PartitionLog recovered = Logs.Open(after, settings, inputs);
        List<(long Offset, string Value)> records = Logs.ReadAll(recovered);
        recovered.Release();
        Assert.InRange(records.Count, flushed, values.Count);
        Assert.Equal(values.Take(records.Count), records.Select(static record => record.Value));
        Assert.Equal(Enumerable.Range(0, records.Count).Select(static i => (long)i), records.Select(static record => record.Offset));

        // recover(recover(x)) = recover(x), byte by byte; only the leader epoch increases with
        // each startup after a crash.
        Dictionary<string, byte[]> once = Read(after);
        PartitionLog second = Logs.Open(after, settings, inputs);
        second.Release();
        AssertSame(once, Read(after));

        // Truncated bytes do not reappear when the log grows again.
        PartitionLog third = Logs.Open(after, settings, inputs);
        List<string> longer = [.. records.Select(static record => record.Value)];
        Append(third, longer, random.Next(1, 30), random);
        Assert.True(third.Close().IsOk);
        third.Release();
        Soundness.AssertClosed(after);
        PartitionLog last = Logs.Open(after, settings, RecoveryInputs.CleanShutdown);
        Assert.Equal(longer, Logs.ReadAll(last).Select(static record => record.Value));
        last.Release();
    });

    private static void Append(PartitionLog log, List<string> values, int count, Random random)
    {
        for (int i = 0; i < count; i++)
        {
            string value = $"{values.Count} {random.Next()} {new string('x', random.Next(700))}";
            Assert.Equal(values.Count, log.Append(Batches.Of(value)).BaseOffset);
            values.Add(value);
        }
    }

    /// <summary>
    /// What is on the disk: of every file some sectors as they were flushed and some as
    /// they were in the page cache.
    /// </summary>
    private static MemoryStorage Cut(Dictionary<string, byte[]> durable, Dictionary<string, byte[]> cache, Random random)
    {
        var storage = new MemoryStorage();
        storage.CreateDirectory(Logs.Directory);
        foreach ((string path, byte[] late) in cache)
        {
            byte[] early = durable.GetValueOrDefault(path, []);
            if (!durable.ContainsKey(path) && random.Next(4) == 0)
            {
                continue; // Its name was not flushed.
            }

            int length = random.Next(3) switch
            {
                0 => late.Length,
                1 => Math.Max(early.Length, late.Length - random.Next(late.Length + 1)),
                _ => early.Length,
            };
            byte[] content = new byte[length];
            int chanceOfNew = random.Next(0, 101);
            for (int start = 0; start < length; start += Sector)
            {
                byte[] from = random.Next(100) < chanceOfNew ? late : early;
                int size = Math.Min(Sector, Math.Min(length, from.Length) - start);
                if (size > 0)
                {
                    from.AsSpan(start, size).CopyTo(content.AsSpan(start));
                }
            }

            storage.Open(path, FileOpening.New, out IStorageFile? file);
            file!.Write(0, content);
            file.SetLength(length);
            file.Dispose();
        }

        return storage;
    }

    private static Dictionary<string, byte[]> Read(MemoryStorage storage)
    {
        storage.List(Logs.Directory, out IReadOnlyList<string> names);
        return names.Select(static name => $"{Logs.Directory}/{name}").ToDictionary(static path => path, path => WholeFile.Read(storage, path)!);
    }

    private static void AssertSame(Dictionary<string, byte[]> expected, Dictionary<string, byte[]> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected.Where(static file => !file.Key.EndsWith("leader-epoch-checkpoint", StringComparison.Ordinal)), file => Assert.True(file.Value.AsSpan().SequenceEqual(actual[file.Key]), file.Key));
    }
}
