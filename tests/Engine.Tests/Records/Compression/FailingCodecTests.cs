using System.Text;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;

namespace Engine.Tests.Records.Compression;

/// <summary>
/// What a registered codec throws arrives as an error code, wherever the engine
/// compresses or decompresses. Nothing else runs meanwhile.
/// </summary>
[CollectionDefinition(nameof(FailingCodecTests), DisableParallelization = true)]
[Collection(nameof(FailingCodecTests))]
public sealed class FailingCodecTests
{
    private const int Backoff = 15_000;

    public static TheoryData<string> Exceptions => ["foreign", "memory", "index", "disk"];

    [Theory]
    [MemberData(nameof(Exceptions))]
    public async Task An_append_whose_records_cannot_be_decompressed_is_a_corrupt_message_and_leaves_no_trace(string kind)
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
        broker.CreateTopic(new NewTopic("orders", 1));
        using var codec = new FailingCodec(CompressionType.Zstd) { OnDecompress = () => Exception(kind) };
        byte[] batch = Batch(CompressionType.Zstd, ("k", "v"));
        AppendResult refused = await broker.AppendAsync(BrokerExtensions.Orders, batch.AsMemory(), Acks.Leader);
        Assert.Equal((ErrorCode.UnknownServerError, -1L), (refused.Error, refused.BaseOffset));
        Assert.Contains("orders-0", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Exception(kind).Message, refused.Message, StringComparison.Ordinal);

        codec.OnDecompress = null;
        Assert.Equal(0, (await broker.AppendAsync(BrokerExtensions.Orders, batch.AsMemory(), Acks.Leader)).BaseOffset);
    }

    [Theory]
    [MemberData(nameof(Exceptions))]
    public async Task An_append_that_the_topic_s_codec_cannot_compress_is_an_error_and_leaves_no_trace(string kind)
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
        broker.CreateTopic(new NewTopic("orders", 1) { Configs = new Dictionary<string, string> { ["compression.type"] = "zstd" } });
        using var codec = new FailingCodec(CompressionType.Zstd) { OnCompress = () => Exception(kind) };
        AppendResult refused = await broker.AppendAsync(BrokerExtensions.Orders, Batch(CompressionType.Gzip, ("k", "v")).AsMemory(), Acks.Leader);
        Assert.Equal((ErrorCode.UnknownServerError, -1L), (refused.Error, refused.BaseOffset));
        Assert.Contains("orders-0", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Zstd", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Exception(kind).Message, refused.Message, StringComparison.Ordinal);

        // A batch that was built here is compressed too.
        var builder = new RecordBatchBuilder(new byte[200]);
        builder.Append(5, "k"u8, false, "v"u8, false);
        Assert.Equal(ErrorCode.UnknownServerError, (await broker.AppendAsync(BrokerExtensions.Orders, builder.Build(), Acks.Leader)).Error);

        codec.OnCompress = null;
        Assert.Equal(0, (await broker.AppendAsync(BrokerExtensions.Orders, builder.Build(), Acks.Leader)).BaseOffset);
        using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(BrokerExtensions.Orders, 0, 1000)], MaxWaitMs = 0 });
        Assert.True(RecordBatchView.TryRead(response.Partitions[0].Records.Span, out RecordBatchView batch));
        Assert.Equal([("k", "v")], Read(batch));
    }

    [Fact]
    public void A_batch_whose_compressing_failed_half_way_is_whole_when_it_is_built_again()
    {
        using var codec = new FailingCodec(CompressionType.Lz4) { OnCompress = FailingCodec.Foreign };
        var builder = new RecordBatchBuilder(new byte[200]) { Compression = new BatchCompression(CompressionType.Lz4) };
        builder.Append(5, "k"u8, false, "v"u8, false);
        for (int i = 0; i < 2; i++)
        {
            CompressionException exception = Assert.Throws<CompressionException>(() => builder.Build());
            Assert.Contains("Lz4 at level 9", exception.Message, StringComparison.Ordinal);
            Assert.Equal(FailingCodec.Text, exception.InnerException!.Message);
        }

        codec.OnCompress = null;
        Assert.Equal([("k", "v")], Read(Codecs.View(builder.Build().ToArray())));
    }

    [Theory]
    [MemberData(nameof(Exceptions))]
    public async Task A_lookup_by_time_whose_batch_cannot_be_decompressed_is_a_corrupt_message(string kind)
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
        broker.CreateTopic(new NewTopic("orders", 1));
        Assert.Equal(ErrorCode.None, (await broker.AppendAsync(BrokerExtensions.Orders, Batch(CompressionType.Snappy, ("a", "1"), ("b", "2")).AsMemory(), Acks.Leader)).Error);
        using var codec = new FailingCodec(CompressionType.Snappy) { OnDecompress = () => Exception(kind) };
        Assert.Equal(ErrorCode.CorruptMessage, broker.ListOffset(BrokerExtensions.Orders, 1).Error);

        // What it does not have to decompress is served.
        using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(BrokerExtensions.Orders, 0, 1000)], MaxWaitMs = 0 });
        Assert.Equal((ErrorCode.None, 2), (response.Partitions[0].Error, (int)response.Partitions[0].HighWatermark));
        codec.OnDecompress = null;
        Assert.Equal((ErrorCode.None, 0), (broker.ListOffset(BrokerExtensions.Orders, 1).Error, (int)broker.ListOffset(BrokerExtensions.Orders, 1).Offset));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_partition_that_cannot_be_cleaned_is_set_aside_with_the_codec_s_reason(bool isDecompressing)
    {
        using var storage = new MemoryStorage();
        var time = new SteppedTime();
        var pump = new SteppedPump(time);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage, TimeProvider = time, DutyPump = pump, RandomSeed = 1, LogCleanerBackoffMs = Backoff });
        var configs = new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["segment.bytes"] = "200" };
        Assert.True(broker.CreateTopic(new NewTopic("orders", 1) { Configs = configs }).IsSuccess);
        for (int i = 0; i < 10; i++)
        {
            byte[] batch = Batch(CompressionType.Gzip, ("same", $"{i}"), ($"k{i}", $"{i}"));
            Assert.Equal(ErrorCode.None, (await broker.AppendAsync(BrokerExtensions.Orders, batch.AsMemory(), Acks.Leader)).Error);
        }

        Assert.True(broker.FindLog(BrokerExtensions.Orders)!.Flusher.FlushNow().IsOk); // The first one writes files of the folder.
        storage.List("orders-0", out IReadOnlyList<string> before);
        using (var codec = new FailingCodec(CompressionType.Gzip))
        {
            codec.OnDecompress = isDecompressing ? FailingCodec.Foreign : null;
            codec.OnCompress = isDecompressing ? null : FailingCodec.Foreign;
            pump.Advance(Backoff);
            Assert.Contains(FailingCodec.Text, Assert.Single(broker.UncleanablePartitions).Value, StringComparison.Ordinal);
            storage.List("orders-0", out IReadOnlyList<string> after);
            Assert.Equal(before, after);
        }

        // A changed setting has it tried again.
        Assert.True(broker.AlterTopicConfigs("orders", [new ConfigChange("delete.retention.ms", "5")]).IsSuccess);
        pump.Advance(Backoff);
        Assert.Empty(broker.UncleanablePartitions);
        storage.List("orders-0", out IReadOnlyList<string> cleaned);
        Assert.Contains(cleaned, static name => name.EndsWith(".deleted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_directory_whose_group_offsets_cannot_be_decompressed_does_not_open_and_the_error_has_the_reason()
    {
        using var storage = new MemoryStorage();
        KeyValuePair<TopicPartition, OffsetAndMetadata>[] one = [KeyValuePair.Create(BrokerExtensions.Orders, new OffsetAndMetadata(1))];
        await using (Broker broker = Broker.Open(new BrokerSettings { Storage = storage }))
        {
            broker.CreateTopic(new NewTopic("orders", 1));
            Assert.Equal(ErrorCode.None, (await broker.AppendAsync(BrokerExtensions.Orders, Batch(CompressionType.None, ("k", "v")).AsMemory(), Acks.Leader)).Error);
            Assert.Equal(ErrorCode.None, (await broker.Groups.CommitOffsetsAsync("billing", "", -1, one))[0].Error);
            Assert.True(broker.AlterTopicConfigs("__consumer_offsets", [new ConfigChange("compression.type", "gzip")]).IsSuccess);
            Assert.Equal(ErrorCode.None, (await broker.Groups.CommitOffsetsAsync("billing", "", -1, one))[0].Error);
        }

        using (new FailingCodec(CompressionType.Gzip) { OnDecompress = FailingCodec.Foreign })
        {
            StorageException exception = Assert.Throws<StorageException>(() => Broker.Open(new BrokerSettings { Storage = storage }));
            Assert.Contains("__consumer_offsets-", exception.Message, StringComparison.Ordinal);
            Assert.Contains(FailingCodec.Text, exception.Message, StringComparison.Ordinal);
        }

        await using Broker reopened = Broker.Open(new BrokerSettings { Storage = storage });
        Assert.Equal(1, reopened.Groups.FetchOffsets("billing", [BrokerExtensions.Orders])[0].Committed!.Value.Offset);
    }

    private static Exception Exception(string kind) => kind switch
    {
        "memory" => new OutOfMemoryException("a length that lied"),
        "index" => new IndexOutOfRangeException("past the end"),
        "disk" => new IOException("no such stream"),
        _ => FailingCodec.Foreign(),
    };

    private static byte[] Batch(CompressionType type, params (string Key, string Value)[] records)
    {
        var builder = new RecordBatchBuilder(new byte[1000]) { Compression = new BatchCompression(type) };
        foreach ((string key, string value) in records)
        {
            builder.Append(5, Encoding.UTF8.GetBytes(key), false, Encoding.UTF8.GetBytes(value), false);
        }

        return builder.Build().ToArray();
    }

    private static List<(string Key, string Value)> Read(RecordBatchView batch)
    {
        var read = new List<(string, string)>();
        using DecompressedRecords decompressed = batch.Decompress();
        RecordReader records = batch.Records(decompressed);
        while (records.Read())
        {
            read.Add((Encoding.UTF8.GetString(records.Key), Encoding.UTF8.GetString(records.Value)));
        }

        return read;
    }
}
