using System.Diagnostics;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace ProcessTests.Processes;

/// <summary>
/// Full file systems whose blocks are shared with a copy, on which a store to a mapping
/// would end the process (SIGBUS): this test process survives, and loses nothing that
/// was acknowledged.
/// </summary>
public sealed class SharedBlockTests
{
    private static readonly TopicPartition s_orders = new("orders", 0);
    private static readonly TopicPartition s_large = new("large", 0);

    [MountFact(needsXfs: true)]
    public async Task A_copy_taken_of_a_running_engine_and_a_full_disk_refuse_appends_and_end_nothing() // S8
    {
        using var mount = TemporaryMount.Xfs(320 << 20);
        string data = Path.Combine(mount.Path, "data");
        long acknowledged;
        await using (Broker broker = Open(data))
        {
            acknowledged = await FillAsync(broker, 50);
            TemporaryMount.Run("cp", "-a", "--reflink=always", data, Path.Combine(mount.Path, "backup"));
            FillUp(mount.Path);
            foreach (TopicPartition partition in (TopicPartition[])[s_orders, s_large])
            {
                // Whether this one still finds a block is the file system's matter; that it is an answer is ours.
                for (int i = 0; i < 100; i++)
                {
                    AppendResult result = await broker.AppendAsync(partition, Batch(partition == s_large ? 50_000 : 100), Acks.Leader);
                    Assert.True(result.Error is ErrorCode.None or ErrorCode.KafkaStorageError, result.Message);
                }
            }

            Assert.True(await CountAsync(broker, s_orders) >= acknowledged);
        }

        FreeUp(mount.Path);
        await AssertGoesOnAsync(data, acknowledged);
        await AssertGoesOnAsync(Path.Combine(mount.Path, "backup"), 0); // A copy of a running engine is what a kill leaves.
    }

    [MountFact(needsXfs: true)]
    public async Task A_directory_that_shares_its_blocks_is_opened_on_a_full_disk_and_ends_nothing() // S8
    {
        using var mount = TemporaryMount.Xfs(320 << 20);
        string data = Path.Combine(mount.Path, "data");
        long acknowledged;
        await using (Broker broker = Open(data))
        {
            acknowledged = await FillAsync(broker, 50);
        }

        TemporaryMount.Run("cp", "-a", "--reflink=always", data, Path.Combine(mount.Path, "backup"));
        await using (Broker broker = Open(data))
        {
            FillUp(mount.Path);
            for (int i = 0; i < 100; i++)
            {
                AppendResult result = await broker.AppendAsync(s_orders, Batch(100), Acks.All);
                Assert.True(result.Error is ErrorCode.None or ErrorCode.KafkaStorageError, result.Message);
                acknowledged += result.Error == ErrorCode.None ? 1 : 0;
            }
        }

        FreeUp(mount.Path);
        await AssertGoesOnAsync(data, acknowledged);
    }

    [MountFact(needsDevice: true)]
    public async Task A_full_ext4_refuses_appends_and_ends_nothing() // S8
    {
        using var mount = TemporaryMount.Ext4(64 << 20);
        string data = Path.Combine(mount.Path, "data");
        long acknowledged;
        await using (Broker broker = Open(data))
        {
            acknowledged = await FillAsync(broker, 50);
            TemporaryMount.Run("cp", "-a", data, Path.Combine(mount.Path, "backup"));
            FillUp(mount.Path);
            AppendResult result = new(ErrorCode.None, -1);
            for (int i = 0; i < 100_000 && result.Error == ErrorCode.None; i++)
            {
                result = await broker.AppendAsync(s_orders, Batch(100), i % 100 == 0 ? Acks.All : Acks.Leader);
                acknowledged += result.Error == ErrorCode.None ? 1 : 0;
            }

            Assert.Equal(ErrorCode.KafkaStorageError, result.Error);
            Assert.Contains("no space is left", result.Message);
            FreeUp(mount.Path);
            Assert.Equal(acknowledged, (await broker.AppendAsync(s_orders, Batch(100), Acks.All)).BaseOffset);
            acknowledged++;
        }

        await AssertGoesOnAsync(data, acknowledged);
    }

    private static Broker Open(string data) => Broker.Open(new BrokerSettings { Storage = new FileStorage(data), LogSegmentBytes = 16 << 20 });

    private static async Task AssertGoesOnAsync(string data, long acknowledged)
    {
        await using Broker broker = Open(data);
        AppendResult appended = await broker.AppendAsync(s_orders, Batch(100), Acks.All);
        Assert.True(appended.Error == ErrorCode.None, appended.Message);
        Assert.True(await CountAsync(broker, s_orders) > acknowledged);
    }

    private static async Task<long> FillAsync(Broker broker, int count)
    {
        Assert.True(broker.CreateTopic(new NewTopic(s_orders.Topic)).IsSuccess);
        Assert.True(broker.CreateTopic(new NewTopic(s_large.Topic)).IsSuccess);
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(i, (await broker.AppendAsync(s_orders, Batch(100), Acks.All)).BaseOffset);
            Assert.Equal(i, (await broker.AppendAsync(s_large, Batch(100), Acks.All)).BaseOffset);
        }

        return count;
    }

    private static async Task<long> CountAsync(Broker broker, TopicPartition partition)
    {
        long offset = 0;
        while (true) // Ends at the log's end.
        {
            using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(partition, offset)], MaxWaitMs = 0 });
            Assert.Equal(ErrorCode.None, response.Partitions[0].Error);
            ReadOnlySpan<byte> bytes = response.Partitions[0].Records.Span;
            if (bytes.IsEmpty)
            {
                return offset;
            }

            while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
            {
                Assert.True(batch.IsCrcValid());
                offset = batch.LastOffset + 1;
                bytes = bytes[batch.SizeBytes..];
            }
        }
    }

    private static void FillUp(string path)
    {
        using FileStream file = new(Path.Combine(path, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (int size in (int[])[1 << 20, 64 * 1024, 4096])
        {
            try
            {
                while (true) // Ends when the file system is full.
                {
                    file.Write(new byte[size]);
                    file.Flush(flushToDisk: size < 1 << 20);
                }
            }
            catch (IOException)
            {
                // Full.
            }
        }

        Sync(path);
    }

    private static void FreeUp(string path)
    {
        foreach (string file in Directory.EnumerateFiles(path, "filler*"))
        {
            File.Delete(file);
        }

        Sync(path); // XFS gives the space back in the background.
    }

    private static void Sync(string path)
    {
        using Process sync = Process.Start("sync", ["-f", path]);
        sync.WaitForExit();
    }

    private static byte[] Batch(int size)
    {
        var builder = new RecordBatchBuilder(new byte[size + 200]);
        builder.Append(1_700_000_000_000, default, isKeyNull: true, new byte[size], isValueNull: false);
        return builder.Build().ToArray();
    }
}
