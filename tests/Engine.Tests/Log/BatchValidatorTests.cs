using System.Buffers.Binary;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>What a log refuses, with Kafka's codes, and that a refusal leaves no trace.</summary>
public sealed class BatchValidatorTests
{
    // Records of one letter without a key are 8 bytes: length, attributes, timestamp
    // delta, offset delta, no key, length, letter, no headers.
    private const int SecondRecord = BatchLayout.HeaderSize + 8;

    private static readonly LogSettings s_settings = new() { MaxMessageBytes = 2000, SegmentBytes = 1500 };

    public static TheoryData<string, ErrorCode> Refused => new()
    {
        { "shorter than a header", ErrorCode.InvalidRecord },
        { "two batches", ErrorCode.InvalidRecord },
        { "bytes after the batch", ErrorCode.InvalidRecord },
        { "format version 1", ErrorCode.InvalidRecord },
        { "base offset 1", ErrorCode.InvalidRecord },
        { "longer than max.message.bytes", ErrorCode.MessageTooLarge },
        { "longer than segment.bytes", ErrorCode.RecordListTooLarge },
        { "flipped bit", ErrorCode.CorruptMessage },
        { "codec 5", ErrorCode.UnknownServerError },
        { "count not offsets", ErrorCode.InvalidRecord },
        { "no records", ErrorCode.InvalidRecord },
        { "negative last offset delta", ErrorCode.InvalidRecord },
        { "control batch", ErrorCode.InvalidRecord },
        { "format version 3", ErrorCode.CorruptMessage },
        { "transaction without a producer", ErrorCode.InvalidRecord },
        { "producer without a sequence", ErrorCode.InvalidRecord },
        { "producer without an epoch", ErrorCode.InvalidRecord },
        { "append time from outside", ErrorCode.InvalidTimestamp },
        { "two hours ahead", ErrorCode.InvalidTimestamp },
        { "before all time", ErrorCode.InvalidTimestamp },
        { "offset delta twice", ErrorCode.InvalidRecord },
        { "absolute offset", ErrorCode.InvalidRecord },
        { "record longer than the batch", ErrorCode.InvalidRecord },
        { "bytes after the records", ErrorCode.InvalidRecord },
        { "gzip that is none", ErrorCode.UnknownServerError },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_bad_batch_is_refused_with_Kafka_s_code_and_leaves_no_trace(string what, ErrorCode expected)
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, s_settings);
        Assert.Equal(ErrorCode.None, log.Append(Batches.Of("before")).Error);
        Appended result = log.Append(Bad(what));
        Assert.Equal((expected, -1L, -1L), (result.Error, result.BaseOffset, result.EndOffset));
        Assert.Contains("orders-0", result.Message);
        Assert.Equal(1, log.Append(Batches.Of("after")).BaseOffset);
        Assert.Equal(["before", "after"], Logs.ReadAll(log).Select(static record => record.Value));
        log.Release();
    }

    [Fact]
    public void With_log_append_time_the_batch_gets_the_log_s_time_and_a_good_checksum()
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, new LogSettings { TimestampType = TimestampType.LogAppendTime });
        Appended result = log.Append(Batches.Of("a", "b"));
        Assert.True(result.AppendTimeMs > 1_700_000_000_000);
        log.Reader.Read(0, 1000, null, out RecordLease? lease, out _);
        Assert.True(RecordBatchView.TryRead(lease!.Bytes.Span, out RecordBatchView batch));
        Assert.True(batch.IsCrcValid());
        RecordReader records = batch.Records();
        Assert.True(records.Read());
        Assert.Equal((TimestampType.LogAppendTime, result.AppendTimeMs), (batch.TimestampType, records.Timestamp));
        lease.Release();
        log.Release();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Producers_are_the_same_when_a_snapshot_is_damaged_empty_or_from_after_the_end(int damage)
    {
        using var golden = new GoldenDirectory("clean");
        var storage = new FileStorage(golden.Path);
        const string Partition = "idempotent-0";
        string[] expected = [.. ProducerSnapshot.Read(storage, Partition, 300)!.Select(GoldenDirectory.Dump)];
        string path = Path.Combine(golden.Path, Partition, LogFiles.Of(300, ProducerSnapshot.Suffix));
        switch (damage)
        {
            case 0:
                byte[] bytes = File.ReadAllBytes(path);
                bytes[^1] ^= 1;
                File.WriteAllBytes(path, bytes);
                break;
            case 1:
                File.WriteAllBytes(path, []);
                break;
            default:
                File.Move(path, Path.Combine(golden.Path, Partition, LogFiles.Of(301, ProducerSnapshot.Suffix)));
                break;
        }

        RecoveredLog recovered = new LogRecovery(storage, Partition, new LogSettings(), RecoveryInputs.None, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).Open();
        Assert.Equal(expected, recovered.Producers.All.Select(GoldenDirectory.Dump));
        Array.ForEach(recovered.Segments, static segment => segment.Release());
    }

    private static byte[] Bad(string what)
    {
        byte[] batch = Batches.Of("a", "b");
        switch (what)
        {
            case "shorter than a header":
                return batch[..60];
            case "format version 3":
                batch[BatchLayout.Magic] = 3;
                return batch;
            case "two batches":
                return [.. batch, .. batch];
            case "bytes after the batch":
                return [.. batch, 0];
            case "format version 1":
                batch[BatchLayout.Magic] = 1;
                return batch;
            case "base offset 1":
                batch[7] = 1;
                return batch;
            case "longer than max.message.bytes":
                return Batches.Of(new string('x', 2000));
            case "longer than segment.bytes":
                return Batches.Of(new string('x', 1500));
            case "flipped bit":
                batch[^1] ^= 1;
                return batch;
            case "codec 5":
                BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(BatchLayout.Attributes), 5);
                break;
            case "count not offsets":
                BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.RecordsCount), 3);
                break;
            case "no records":
                BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.RecordsCount), 0);
                BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.LastOffsetDelta), -1);
                break;
            case "negative last offset delta":
                BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.LastOffsetDelta), -5);
                break;
            case "control batch":
                BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(BatchLayout.Attributes), (short)BatchAttributes.Control);
                break;
            case "transaction without a producer":
                BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(BatchLayout.Attributes), (short)BatchAttributes.Transactional);
                break;
            case "producer without a sequence":
                BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(BatchLayout.ProducerId), 7);
                BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(BatchLayout.ProducerEpoch), 0);
                break;
            case "producer without an epoch":
                BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(BatchLayout.ProducerId), 7);
                BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.BaseSequence), 0);
                break;
            case "append time from outside":
                BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(BatchLayout.Attributes), (short)BatchAttributes.LogAppendTime);
                break;
            case "two hours ahead":
                BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(BatchLayout.BaseTimestamp), TimeProvider.System.GetUtcNow().AddHours(2).ToUnixTimeMilliseconds());
                break;
            case "before all time":
                BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(BatchLayout.BaseTimestamp), -2);
                break;
            case "offset delta twice":
                batch[SecondRecord + 3] = 0;
                break;
            case "absolute offset":
                batch[SecondRecord + 3] = 42 << 1;
                break;
            case "record longer than the batch":
                batch[SecondRecord] += 2;
                break;
            case "bytes after the records":
                batch = [.. batch, 0];
                BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.BatchLength), batch.Length - BatchLayout.LogOverhead);
                break;
            case "gzip that is none":
                BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(BatchLayout.Attributes), (short)CompressionType.Gzip);
                break;
            default:
                throw new ArgumentException(what);
        }

        return Seal(batch);
    }

    private static byte[] Seal(byte[] batch)
    {
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(BatchLayout.Crc), Crc32C.Compute(batch.AsSpan(BatchLayout.Attributes)));
        return batch;
    }
}
