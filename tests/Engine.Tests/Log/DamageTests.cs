using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// Whatever happens to a file of a directory: what is served is right, what is not
/// right is an error, and nothing is lost in silence.
/// </summary>
public sealed class DamageTests
{
    private const int Partitions = 2;
    private const int Batches = 120;
    private static readonly int s_count = int.TryParse(Environment.GetEnvironmentVariable("ZURAU_DAMAGES"), out int given) ? given : 200;
    private static readonly Lazy<Dictionary<string, byte[]>> s_closed = new(Fill);

    /// <summary>What the next start may believe of the directory.</summary>
    public enum Start
    {
        /// <summary>Everything: it was closed by a clean shutdown.</summary>
        Clean,

        /// <summary>What lies below the recovery points, which is everything.</summary>
        Crashed,

        /// <summary>Nothing.</summary>
        Unflushed,
    }

    // K3 K4 K5 K10 W7 W10 E5
    [Fact]
    public void A_flipped_bit_in_any_file_never_gives_a_wrong_answer_and_never_takes_a_flushed_record_away_in_silence() =>
        Property.HoldsForSeeds(s_count, static seed => Check(seed, FlipBit));

    // K3 K4 K5 W7
    [Fact]
    public void A_missing_short_long_padded_or_stale_derived_file_changes_no_answer() =>
        Property.HoldsForSeeds(s_count, static seed => Check(seed, ReplaceDerived));

    private static void Check(int seed, Func<Dictionary<string, byte[]>, Random, string> damage)
    {
        var random = new Random(seed);
        Start start = Enum.GetValues<Start>()[random.Next(3)];
        var files = s_closed.Value.ToDictionary(static file => file.Key, static file => (byte[])file.Value.Clone());
        if (start != Start.Clean)
        {
            files.Remove(".kafka_cleanshutdown");
        }

        if (start == Start.Unflushed)
        {
            files.Remove("recovery-point-offset-checkpoint");
        }

        string damaged = damage(files, random);
        using MemoryStorage storage = Restore(files);
        Broker broker;
        try
        {
            broker = Broker.Open(new BrokerSettings { Storage = storage });
        }
        catch (StorageException exception)
        {
            // Only what concerns all: the lists and checkpoints, and the internal topics.
            Assert.True(!damaged.Contains('/') || damaged.StartsWith("__", StringComparison.Ordinal), $"{damaged}: {exception.Message}");
            Assert.True(damaged == "topics.checkpoint" || exception.Message.Contains(damaged.Split('/')[0], StringComparison.Ordinal), $"{damaged}: {exception.Message}"); // A wrong list makes the startup open a folder that does not exist.
            return;
        }

        try
        {
            for (int partition = 0; partition < Partitions && damaged != "topics.checkpoint"; partition++)
            {
                CheckPartition(broker, new TopicPartition("orders", partition), damaged, start, random);
            }
        }
        finally
        {
            broker.DisposeAsync().AsTask().Wait();
        }

        if (start != Start.Unflushed)
        {
            AssertLogsKept(files, storage);
        }
    }

    private static void CheckPartition(Broker broker, TopicPartition partition, string damaged, Start start, Random random)
    {
        bool isItsLog = damaged.StartsWith(partition.ToString(), StringComparison.Ordinal) && damaged.EndsWith(".log", StringComparison.Ordinal);
        ErrorResult listed = broker.ListOffsets(partition, out long first, out long end);
        if (!listed.IsSuccess)
        {
            Assert.True(damaged.StartsWith(partition.ToString(), StringComparison.Ordinal), $"{partition} is offline for {damaged}: {listed.Message}");
            Assert.Contains(partition.ToString(), listed.Message);
            Assert.Contains(broker.Health, issue => issue.Component == "partition" && issue.Partition == partition);
            return;
        }

        // Zero if no checkpoint records a deletion: that checkpoint has no checksum in Kafka's format.
        Assert.True(first == 0 || damaged == "log-start-offset-checkpoint");
        Assert.True(end == Batches * 2 || (isItsLog && start == Start.Unflushed), $"{partition} ends at {end} for {damaged}");
        for (long offset = first; offset < end;)
        {
            using FetchResponse response = broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(partition, offset, random.Next(1, 2000))], MaxWaitMs = 0 }).AsTask().Result;
            FetchedPartition fetched = response.Partitions[0];
            if (fetched.Error != ErrorCode.None)
            {
                Assert.True(isItsLog, $"{damaged}: offset {offset} of {partition} gave {fetched.Error}");
                offset++;
                continue;
            }

            Assert.False(fetched.Records.IsEmpty, $"{damaged}: nothing at offset {offset} of {partition}, which ends at {end}");
            offset = CheckBatches(partition, offset, fetched.Records.Span, isItsLog);
        }

        if (!isItsLog && damaged != "log-start-offset-checkpoint")
        {
            long asked = random.Next(-5, (Batches * 20) + 20);
            long expected = Enumerable.Range(0, Batches * 2).Select(static i => (long)i).FirstOrDefault(offset => Timestamp(offset) >= asked, -1);
            Assert.Equal((damaged, asked, asked < 0 ? -1 : expected), (damaged, asked, asked < 0 ? -1 : broker.ListOffset(partition, asked).Offset));
            Assert.Equal(Enumerable.Range(0, Batches * 2).Max(static i => Timestamp(i)), broker.ListOffset(partition, ListedOffset.MaxTimestamp).Timestamp);
        }
    }

    private static long CheckBatches(TopicPartition partition, long offset, ReadOnlySpan<byte> bytes, bool isItsLog)
    {
        long next = offset;
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            // An error from the checksum is not silent.
            if (!batch.IsCrcValid())
            {
                Assert.True(isItsLog);
                return next + 1;
            }

            Assert.True(batch.LastOffset >= next);
            RecordReader reader = batch.Records();
            while (reader.Read())
            {
                Assert.Equal(Value(partition.Partition, reader.Offset), System.Text.Encoding.UTF8.GetString(reader.Value));
            }

            next = batch.LastOffset + 1;
            bytes = bytes[batch.SizeBytes..];
        }

        return next;
    }

    private static string FlipBit(Dictionary<string, byte[]> files, Random random)
    {
        string[] names = [.. files.Where(static file => file.Value.Length > 0).Select(static file => file.Key).Order(StringComparer.Ordinal)];
        string name = names[random.Next(names.Length)];
        files[name][random.Next(files[name].Length)] ^= (byte)(1 << random.Next(8));
        return name;
    }

    private static string ReplaceDerived(Dictionary<string, byte[]> files, Random random)
    {
        string[] names = [.. files.Keys.Where(static name => name.EndsWith("index", StringComparison.Ordinal) || name.EndsWith(".snapshot", StringComparison.Ordinal) || name.EndsWith("leader-epoch-checkpoint", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        string name = names[random.Next(names.Length)];
        string[] alike = [.. names.Where(other => Path.GetExtension(other) == Path.GetExtension(name))];
        byte[] old = files[name];
        switch (random.Next(5))
        {
            case 0:
                files.Remove(name);
                break;
            case 1:
                files[name] = [.. old.Take(random.Next(old.Length))];
                break;
            case 2:
                files[name] = [.. old, .. new byte[random.Next(1, 100)]];
                break;
            case 3:
                files[name] = [.. old, .. old];
                break;
            default:
                files[name] = files[alike[random.Next(alike.Length)]];
                break;
        }

        return name;
    }

    private static Dictionary<string, byte[]> Fill()
    {
        using var storage = new MemoryStorage();
        Broker broker = Broker.Open(new BrokerSettings { Storage = storage, LogSegmentBytes = 4096, LogIndexIntervalBytes = 300, RandomSeed = 1 });
        broker.CreateTopic(new NewTopic("orders", Partitions));
        for (int i = 0; i < Batches; i++)
        {
            for (int partition = 0; partition < Partitions; partition++)
            {
                var builder = new RecordBatchBuilder(new byte[4096]);
                for (long offset = i * 2; offset < (i * 2) + 2; offset++)
                {
                    builder.Append(Timestamp(offset), default, isKeyNull: true, System.Text.Encoding.UTF8.GetBytes(Value(partition, offset)), isValueNull: false);
                }

                Assert.Equal(i * 2, broker.AppendAsync(new TopicPartition("orders", partition), builder.Build(), Acks.Leader).AsTask().Result.BaseOffset);
            }
        }

        broker.Groups.CommitOffsetsAsync("group", "", -1, [KeyValuePair.Create(new TopicPartition("orders", 0), new OffsetAndMetadata(7))]).AsTask().Wait();
        broker.DisposeAsync().AsTask().Wait();
        return Read(storage);
    }

    // Out of order, so that indexes by time say something else than those by offset.
    private static long Timestamp(long offset) => (offset * 10) + (offset % 7 * 13);

    private static string Value(int partition, long offset) => $"{partition} {offset} {new string('x', (int)(offset * 37 % 150))}";

    private static Dictionary<string, byte[]> Read(MemoryStorage storage)
    {
        var files = new Dictionary<string, byte[]>();
        storage.List("", out IReadOnlyList<string> roots);
        foreach (string root in roots)
        {
            if (!storage.List(root, out IReadOnlyList<string> names).IsOk)
            {
                files[root] = Content(storage, root);
                continue;
            }

            foreach (string name in names)
            {
                files[$"{root}/{name}"] = Content(storage, $"{root}/{name}");
            }
        }

        return files;
    }

    private static byte[] Content(MemoryStorage storage, string path) => WholeFile.Read(storage, path)!;

    private static MemoryStorage Restore(Dictionary<string, byte[]> files)
    {
        var storage = new MemoryStorage();
        foreach ((string path, byte[] content) in files)
        {
            if (path.Contains('/'))
            {
                storage.CreateDirectory(path.Split('/')[0]);
            }

            storage.Open(path, FileOpening.New, out IStorageFile? file);
            file!.Write(0, content);
            file.Dispose();
        }

        return storage;
    }

    private static void AssertLogsKept(Dictionary<string, byte[]> files, MemoryStorage storage)
    {
        foreach ((string path, byte[] content) in files.Where(static file => file.Key.StartsWith("orders", StringComparison.Ordinal) && file.Key.EndsWith(".log", StringComparison.Ordinal)))
        {
            Assert.True(content.AsSpan().SequenceEqual(WholeFile.Read(storage, path)), $"'{path}' was changed");
        }
    }
}
