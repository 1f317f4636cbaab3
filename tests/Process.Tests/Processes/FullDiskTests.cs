using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;
using Zurau.Simulation;

namespace ProcessTests.Processes;

/// <summary>
/// File systems that are really full, read-only or forbidden, and a process that is
/// really out of descriptors.
/// </summary>
public sealed class FullDiskTests
{
    private static readonly TopicPartition s_orders = new("orders", 0);
    private static readonly byte[] s_batch = Batch();

    [MountFact]
    public async Task On_a_full_file_system_appends_are_refused_reads_go_on_and_space_brings_appends_back() // E1
    {
        using var mount = TemporaryMount.InMemory(4 << 20);
        string filler = Path.Combine(mount.Path, "filler");
        File.WriteAllBytes(filler, new byte[1 << 20]);
        long appended;
        await using (Broker broker = Open(mount))
        {
            Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
            (appended, AppendResult refused) = await FillAsync(broker, 0);
            Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
            Assert.Contains("no space is left", refused.Message);
            Assert.Equal(appended, await CountAsync(broker));
            PartitionResult commit = (await broker.Groups.CommitOffsetsAsync("group", "", -1, [KeyValuePair.Create(s_orders, new OffsetAndMetadata(1))]))[0];
            Assert.NotEqual(ErrorCode.None, commit.Error);

            File.Delete(filler);
            Assert.Equal(appended, (await broker.AppendAsync(s_orders, s_batch, Acks.All)).BaseOffset);
            (appended, _) = await FillAsync(broker, appended + 1);
            Assert.Equal(appended, await CountAsync(broker));
        }

        // Closed with no space, and opened again with some: all is still there.
        mount.Remount("size=8m");
        await using Broker again = Open(mount);
        Assert.Equal(appended, await CountAsync(again));
    }

    [MountFact]
    public async Task A_start_on_a_full_file_system_after_a_crash_never_writes_the_clean_marker_and_loses_nothing() // E2
    {
        using var mount = TemporaryMount.InMemory(4 << 20);
        string data = Path.Combine(mount.Path, "data");
        long appended;
        await using (Broker broker = Open(mount))
        {
            broker.CreateTopic(new NewTopic("orders"));
            (appended, _) = await FillAsync(broker, 0);
        }

        File.Delete(Path.Combine(data, ".kafka_cleanshutdown"));
        FillWithZeros(Path.Combine(mount.Path, "filler"));
        try
        {
            // Recovery needs space for the new epoch: without it the partition is offline, with the reason.
            await using Broker full = Open(mount);
            AppendResult refused = await full.AppendAsync(s_orders, s_batch, Acks.All);
            Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
            Assert.Contains("no space is left", refused.Message);
        }
        catch (StorageException exception)
        {
            Assert.Contains("no space is left", exception.Message);
        }

        Assert.False(File.Exists(Path.Combine(data, ".kafka_cleanshutdown")));

        mount.Remount("size=8m");
        await using Broker again = Open(mount);
        Assert.Equal(appended, await CountAsync(again));
        Assert.Equal(appended, (await again.AppendAsync(s_orders, s_batch, Acks.All)).BaseOffset);
    }

    [MountFact]
    public async Task A_read_only_file_system_is_refused_with_its_name_and_opens_when_it_is_writable_again() // E3
    {
        using var mount = TemporaryMount.InMemory(4 << 20);
        await using (Broker broker = Open(mount))
        {
            broker.CreateTopic(new NewTopic("orders"));
            await broker.AppendAsync(s_orders, s_batch, Acks.All);
        }

        mount.Remount("ro");
        StorageException refused = Assert.Throws<StorageException>(() => Open(mount));
        Assert.Equal(30, refused.Errno);
        Assert.Contains("read-only", refused.Message);
        Assert.Contains(mount.Path, refused.Message);
        mount.Remount("rw");
        await using Broker again = Open(mount);
        Assert.Equal(1, await CountAsync(again));
    }

    [MountFact(needsDevice: true)]
    public async Task A_folder_in_which_nothing_may_be_made_refuses_the_roll_and_takes_it_when_it_may_again() // E3
    {
        using var mount = TemporaryMount.Ext4(64 << 20);
        string folder = Path.Combine(mount.Path, "data", "orders-0");
        await using Broker broker = Open(mount);
        broker.CreateTopic(new NewTopic("orders"));
        await broker.AppendAsync(s_orders, s_batch, Acks.All);
        TemporaryMount.Run("chattr", "+i", folder);
        long appended;
        try
        {
            (appended, AppendResult refused) = await FillAsync(broker, 1);
            Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
            Assert.Contains("permission denied", refused.Message);
            Assert.Equal(appended, await CountAsync(broker));
        }
        finally
        {
            TemporaryMount.Run("chattr", "-i", folder);
        }

        Assert.Equal(appended, (await broker.AppendAsync(s_orders, s_batch, Acks.All)).BaseOffset);
    }

    [ToolFact("prlimit")]
    public void A_process_out_of_descriptors_refuses_the_append_that_needs_one_and_leaves_a_sound_directory() // E4
    {
        int seed = Enumerable.Range(0, 10_000).First(static seed => KillRunPlan.Draw(seed) is { SegmentBytes: 1 << 14, MaxOpenSegments: > 1000, MaxValueBytes: > 1000 });
        using var directory = new TestDirectory();
        string data = Directory.CreateDirectory(directory.At("data")).FullName;
        string expected = Directory.CreateDirectory(directory.At("expected")).FullName;
        using (var process = KillRunProcess.Start(BuiltProgram.Simulation, seed, 1, data, expected, "prlimit", "--nofile=300:300"))
        {
            process.WaitFor(KillRunWriter.Ready);
            int exitCode = process.Finish();
            Assert.True(exitCode == 3, $"exit code {exitCode}: {process.Errors()}");
            Assert.Contains("too many open files", process.Errors());
        }

        var plan = KillRunPlan.Draw(seed);
        Assert.True(new KillRunCheck(plan, new KillRunExpected(expected)).Run(data, null).Records > 0);
    }

    private static Broker Open(TemporaryMount mount) => Broker.Open(new BrokerSettings { Storage = new FileStorage(Path.Combine(mount.Path, "data")), LogSegmentBytes = 256 * 1024 });

    /// <summary>Appends until an append is refused; returns how many records there are then.</summary>
    private static async Task<(long Count, AppendResult Refused)> FillAsync(Broker broker, long count)
    {
        while (true)
        {
            AppendResult result = await broker.AppendAsync(s_orders, s_batch, Acks.Leader);
            if (result.Error != ErrorCode.None)
            {
                return (count, result);
            }

            Assert.Equal(count++, result.BaseOffset);
        }
    }

    private static async Task<long> CountAsync(Broker broker)
    {
        long offset = 0;
        while (true)
        {
            using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_orders, offset)], MaxWaitMs = 0 });
            Assert.Equal(ErrorCode.None, response.Partitions[0].Error);
            if (response.Partitions[0].Records.IsEmpty)
            {
                return offset;
            }

            offset = EndOf(response.Partitions[0].Records.Span);
        }
    }

    private static long EndOf(ReadOnlySpan<byte> bytes)
    {
        long end = 0;
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            Assert.True(batch.IsCrcValid());
            end = batch.LastOffset + 1;
            bytes = bytes[batch.SizeBytes..];
        }

        return end;
    }

    private static void FillWithZeros(string path)
    {
        using FileStream file = File.Create(path);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static byte[] Batch()
    {
        var builder = new RecordBatchBuilder(new byte[2048]);
        builder.Append(1_700_000_000_000, default, isKeyNull: true, new byte[1000], isValueNull: false);
        return builder.Build().ToArray();
    }
}
