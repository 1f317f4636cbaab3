using System.Buffers.Binary;
using Engine.Tests.Records;
using Engine.Tests.Records.Compression;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// What a log makes of the records inside a batch: only what consumers can read gets
/// in, as the topic's settings want it.
/// </summary>
public sealed class BatchIntakeTests
{
    private static readonly TopicPartition s_partition = new("orders", 0);

    public static TheoryData<CompressionType, CompressionType> Pairs
    {
        get
        {
            var pairs = new TheoryData<CompressionType, CompressionType>();
            foreach (CompressionType from in Enum.GetValues<CompressionType>())
            {
                foreach (CompressionType to in Enum.GetValues<CompressionType>())
                {
                    pairs.Add(from, to);
                }
            }

            return pairs;
        }
    }

    // L16
    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Lz4)]
    public void Any_change_to_the_bytes_of_records_is_refused_or_leaves_a_batch_that_can_be_read(CompressionType type) =>
        Property.HoldsForSeeds(100, seed =>
        {
            var random = new Random(seed);
            byte[] plain = Plain(random);
            Span<byte> records = plain.AsSpan(BatchLayout.HeaderSize);
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                records[random.Next(records.Length)] = (byte)random.Next(256);
            }

            byte[] batch = type == CompressionType.None ? Seal(plain) : Compressed(plain, type);
            AppendRefusal? refusal = Take(batch, new LogSettings { TimestampAfterMaxMs = long.MaxValue }, out BatchIntake intake);
            Assert.True(refusal is null
                ? IsReadable(intake.Batch)
                : refusal.Error is ErrorCode.InvalidRecord or ErrorCode.InvalidTimestamp, $"{refusal?.Error}");
            intake.Dispose();
        });

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_topic_s_codec_takes_the_place_of_the_producer_s(CompressionType from, CompressionType to)
    {
        byte[] plain = Plain(new Random(7));
        byte[] sent = from == CompressionType.None ? plain : Compressed(plain, from);
        AppendRefusal? refusal = Take(sent, new LogSettings { Compression = new BatchCompression(to) }, out BatchIntake intake);
        Assert.Null(refusal);
        Assert.Equal(to, intake.Batch.CompressionType);
        Assert.True(IsReadable(intake.Batch));
        using DecompressedRecords records = intake.Batch.Decompress();
        Assert.Equal(plain[BatchLayout.HeaderSize..], records.BytesOf(intake.Batch).ToArray());
        if (from == to)
        {
            Assert.Equal(sent, intake.Batch.Bytes.ToArray());
        }

        intake.Dispose();
    }

    [Fact]
    public void Without_a_codec_of_its_own_a_topic_keeps_the_producer_s_bytes()
    {
        byte[] sent = Compressed(Plain(new Random(7)), CompressionType.Zstd);
        AppendRefusal? refusal = Take(sent, new LogSettings(), out BatchIntake intake);
        Assert.Null(refusal);
        Assert.True(intake.Batch.Bytes == sent);
        intake.Dispose();
    }

    [Fact]
    public void A_batch_that_is_too_large_after_recompression_is_refused()
    {
        byte[] sent = Compressed(Batches.Of(new string('x', 5000)), CompressionType.Gzip);
        var settings = new LogSettings { MaxMessageBytes = 1000, Compression = new BatchCompression(CompressionType.None) };
        Assert.InRange(sent.Length, 1, 999);
        Assert.Equal(ErrorCode.MessageTooLarge, Take(sent, settings, out _)?.Error);
        Assert.Null(Take(sent, settings with { Compression = null }, out _));
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Snappy)]
    public void A_largest_timestamp_that_is_not_true_is_put_right(CompressionType type)
    {
        byte[] plain = Plain(new Random(7));
        byte[] sent = type == CompressionType.None ? plain : Compressed(plain, type);
        byte[] wrong = [.. sent];
        BinaryPrimitives.WriteInt64BigEndian(wrong.AsSpan(BatchLayout.MaxTimestamp), 5);
        AppendRefusal? refusal = Take(Seal(wrong), new LogSettings(), out BatchIntake intake);
        Assert.Null(refusal);
        Assert.Equal(sent, intake.Batch.Bytes.ToArray());
        intake.Dispose();
    }

    [Fact]
    public void A_compacted_topic_wants_keys()
    {
        var settings = new LogSettings { IsCompacted = true };
        AppendRefusal refused = Take(Batches.Of("a"), settings, out _)!;
        Assert.Equal(ErrorCode.InvalidRecord, refused.Error);
        Assert.Contains("record 0 has no key", refused.Message);
        var builder = new RecordBatchBuilder(new byte[1000]);
        builder.Append(1, "k"u8, false, default, true);
        Assert.Null(Take(builder.Build().ToArray(), settings, out _));
        Assert.Null(Take(builder.Build(), settings, out _));
        builder.Append(1, default, true, "v"u8, false);
        Assert.Equal(ErrorCode.InvalidRecord, Take(builder.Build().ToArray(), settings, out _)?.Error);
        Assert.Equal(ErrorCode.InvalidRecord, Take(builder.Build(), settings, out _)?.Error);
    }

    [Theory]
    [InlineData(-1000, 0, ErrorCode.None)]
    [InlineData(-1001, 0, ErrorCode.InvalidTimestamp)]
    [InlineData(0, 500, ErrorCode.None)]
    [InlineData(0, 501, ErrorCode.InvalidTimestamp)]
    public void Timestamps_lie_within_the_topic_s_limits(int first, int second, ErrorCode expected)
    {
        var settings = new LogSettings { TimestampBeforeMaxMs = 1000, TimestampAfterMaxMs = 500 };
        var builder = new RecordBatchBuilder(new byte[1000]);
        builder.Append(SteppedTime.Start + first, default, true, "v"u8, false);
        builder.Append(SteppedTime.Start + second, default, true, "v"u8, false);
        Assert.Equal(expected, Take(builder.Build().ToArray(), settings, out _)?.Error ?? ErrorCode.None);
        Assert.Equal(expected, Take(builder.Build(), settings, out _)?.Error ?? ErrorCode.None);
        Assert.Null(Take(builder.Build(), settings with { TimestampType = TimestampType.LogAppendTime }, out _));
    }

    [Fact]
    public void Records_without_a_timestamp_do_not_hide_one_that_is_too_old()
    {
        var settings = new LogSettings { TimestampBeforeMaxMs = 1000 };
        var builder = new RecordBatchBuilder(new byte[1000]);
        builder.Append(-1, default, true, "v"u8, false);
        Assert.Null(Take(builder.Build().ToArray(), settings, out _));
        builder.Append(5, default, true, "v"u8, false);
        Assert.Equal(ErrorCode.InvalidTimestamp, Take(builder.Build().ToArray(), settings, out _)?.Error);
        Assert.Equal(ErrorCode.InvalidTimestamp, Take(builder.Build(), settings, out _)?.Error);
    }

    [Fact]
    public void A_built_batch_is_proof_only_until_its_builder_changes()
    {
        var builder = new RecordBatchBuilder(new byte[1000]);
        builder.Append(1, "k"u8, false, "v"u8, false);
        BuiltBatch built = builder.Build();
        Assert.NotNull(built.Facts);
        builder.Append(1, "k"u8, false, "v"u8, false);
        Assert.Null(built.Facts);
        built = builder.Build();
        builder.Reset();
        Assert.Null(built.Facts);
        Assert.Null(default(BuiltBatch).Facts);
    }

    [Fact]
    public void Records_of_a_real_Kafka_are_appended_unchanged()
    {
        foreach (string partition in GoldenLogs.Partitions.Where(static name => name.StartsWith("codec-", StringComparison.Ordinal) || name.StartsWith("librdkafka-", StringComparison.Ordinal)))
        {
            foreach (byte[] batch in GoldenLogs.Batches(partition))
            {
                batch.AsSpan(0, 8).Clear();
                AppendRefusal? refusal = Take(batch, new LogSettings { TimestampAfterMaxMs = long.MaxValue }, out BatchIntake intake);
                Assert.Null(refusal);
                Assert.True(intake.Batch.Bytes == batch);
            }
        }
    }

    private static AppendRefusal? Take(ReadOnlySpan<byte> batch, LogSettings settings, out BatchIntake intake) =>
        BatchIntake.Take(batch, null, settings, s_partition, new IntakeClock(new SteppedTime()), out intake);

    private static AppendRefusal? Take(BuiltBatch batch, LogSettings settings, out BatchIntake intake) =>
        BatchIntake.Take(batch.Span, batch.Facts, settings, s_partition, new IntakeClock(new SteppedTime()), out intake);

    private static bool IsReadable(RecordBatchView batch)
    {
        using DecompressedRecords decompressed = batch.Decompress();
        RecordReader reader = batch.Records(decompressed);
        long offset = 0;
        long max = long.MinValue;
        while (reader.Read())
        {
            HeaderReader headers = reader.Headers;
            while (headers.Read())
            {
            }

            if (reader.Offset != offset++)
            {
                return false;
            }

            max = Math.Max(max, reader.Timestamp);
        }

        return batch.IsCrcValid() && offset == batch.LastOffset + 1 && max == batch.MaxTimestamp;
    }

    // Keys, values and headers of all kinds, also null.
    private static byte[] Plain(Random random)
    {
        var builder = new RecordBatchBuilder(new byte[4000]);
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            Headers? headers = random.Next(2) == 0 ? null : new Headers().Add("h", new byte[random.Next(5)]).Add("", (byte[]?)null);
            builder.Append(SteppedTime.Start - random.Next(100), new byte[random.Next(70)], random.Next(3) == 0, new byte[random.Next(70)], random.Next(3) == 0, headers);
        }

        return builder.Build().ToArray();
    }

    private static byte[] Compressed(byte[] plain, CompressionType type)
    {
        byte[] batch = [.. plain.AsSpan(0, BatchLayout.HeaderSize), .. Codecs.Written(new BatchCompression(type), plain.AsSpan(BatchLayout.HeaderSize))];
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.BatchLength), batch.Length - BatchLayout.LogOverhead);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(BatchLayout.Attributes), (short)type);
        return Seal(batch);
    }

    private static byte[] Seal(byte[] batch)
    {
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(BatchLayout.Crc), Crc32C.Compute(batch.AsSpan(BatchLayout.Attributes)));
        return batch;
    }
}
