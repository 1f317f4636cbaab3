using System.Buffers.Binary;
using Engine.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// Messages of formats 0 and 1, as Kafka's own writer left them, are refused by name in
/// every case of recovery, and no byte of the partition is changed.
/// </summary>
public sealed class OldFormatTests
{
    private const int Messages = 10;
    private static readonly string s_segment = LogFiles.Segment(0);

    public static TheoryData<string, int> Goldens => new()
    {
        { "v0-none", 0 },
        { "v0-gzip", 0 },
        { "v0-snappy", 0 },
        { "v1-none", 1 },
        { "v1-gzip", 1 },
        { "v1-lz4", 1 },
    };

    [Theory]
    [MemberData(nameof(Goldens))]
    public void A_log_of_an_old_format_is_refused_after_a_kill_and_under_a_clean_marker(string name, int format) // F25
    {
        AssertRefused(format, (s_segment, Golden(name)));
        AssertRefused(format, (s_segment, [.. Golden(name), .. new byte[4096]])); // As a file that was preallocated.
    }

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Old_messages_before_or_after_batches_are_refused_in_one_segment_and_in_two(string name, int format) // F25
    {
        byte[] old = Golden(name);
        byte[] first = [.. Batch(0, "a"), .. Batch(1, "b")];
        byte[] later = [.. Batch(Messages, "c"), .. Batch(Messages + 1, "d")];
        AssertRefused(format, (s_segment, [.. old, .. later]));
        AssertRefused(format, (s_segment, [.. first, .. old]));
        AssertRefused(format, (s_segment, old), (LogFiles.Segment(Messages), later));
        AssertRefused(format, (s_segment, first), (LogFiles.Segment(2), old));

        // A zero tail that recovery would trim, an empty segment whose index files it would
        // delete, and leftovers: all stay.
        AssertRefused(format, (s_segment, [.. first, .. new byte[64 * 1024]]), (LogFiles.Segment(2), old), ("00000000000000000001.spare", [1]), (LogFiles.Of(7, LogFiles.OffsetIndexSuffix), [1]));
    }

    [Fact]
    public void Old_messages_in_a_segment_that_would_be_dropped_are_refused_after_a_kill() // F25
    {
        byte[] torn = Batch(0, "torn")[..^3];
        AssertRefused(1, isClean: false, (s_segment, torn), (LogFiles.Segment(20), Golden("v1-none")));
        AssertRefused(1, isClean: false, (s_segment, [.. torn, 0, 0, 0, .. Golden("v1-none")]));
        AssertRefused(0, isClean: false, (s_segment, [.. Batch(0, "good"), .. Damaged(Golden("v0-none"))]));
    }

    [Fact]
    public void Old_messages_before_what_the_indexes_know_are_refused_under_a_clean_marker() // F25
    {
        byte[] old = Golden("v1-none");
        byte[] first = Batch(Messages, "first");
        byte[] bytes = [.. old, .. first, .. Batch(Messages + 1, "indexed")];
        byte[] offsets = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(offsets, Messages + 1);
        BinaryPrimitives.WriteInt32BigEndian(offsets.AsSpan(4), old.Length + first.Length);
        byte[] times = new byte[12];
        BinaryPrimitives.WriteInt64BigEndian(times, 1_700_000_000_000);
        BinaryPrimitives.WriteInt32BigEndian(times.AsSpan(8), Messages + 1);
        (string, byte[])[] files = [(s_segment, bytes), (LogFiles.Of(0, LogFiles.OffsetIndexSuffix), offsets), (LogFiles.Of(0, LogFiles.TimeIndexSuffix), times)];
        AssertRefused(1, files);

        // With a snapshot of producers nothing else reads these messages.
        AssertRefused(1, [.. files, (LogFiles.Of(Messages + 2, ProducerSnapshot.Suffix), EmptySnapshot())]);
    }

    [Fact]
    public void A_cleaning_of_Kafka_s_that_would_put_old_messages_in_place_is_not_finished() // F25
    {
        byte[] old = Golden("v1-none");
        AssertRefused(1, (s_segment, Batch(0, "source")), (s_segment + LogFiles.SwapSuffix, old));
        AssertRefused(1, (s_segment, old), (LogFiles.Segment(20), Batch(20, "x")), (s_segment + LogFiles.SwapSuffix, old), (LogFiles.Segment(30) + LogFiles.CleanedSuffix, old));
    }

    [Fact]
    public void Bytes_that_only_resemble_an_old_message_are_a_torn_tail()
    {
        using var storage = new MemoryStorage();
        byte[] bytes = Batch(0, "good");
        byte[] torn = Golden("v1-none")[..40]; // One message of 58 bytes, cut.
        Write(storage, (s_segment, [.. bytes, .. torn]));
        PartitionLog log = Logs.Open(storage, out RecoveredLog recovered);
        Assert.Equal(torn.Length, recovered.DiscardedBytes);
        Assert.Equal("good", Assert.Single(Logs.ReadAll(log)).Value);
        log.Release();
    }

    [Fact]
    public async Task A_partition_of_an_old_format_is_offline_with_a_reason_and_the_others_are_served() // F25
    {
        using var storage = new MemoryStorage();
        var old = new TopicPartition("old", 0);
        await using (Broker first = Broker.Open(new BrokerSettings { Storage = storage }))
        {
            Assert.True(first.CreateTopic(new NewTopic("old")).IsSuccess);
            Assert.True(first.CreateTopic(new NewTopic("orders")).IsSuccess);
            await first.AppendAsync(BrokerExtensions.Orders, Batches.Of("served"), Acks.All);
        }

        storage.Open($"old-0/{s_segment}", FileOpening.Truncated, out IStorageFile? file);
        file!.Write(0, Golden("v1-gzip"));
        file.Dispose();
        Dictionary<string, byte[]> before = Files(storage, "old-0");
        foreach (bool isClean in (bool[])[true, false, false])
        {
            if (!isClean)
            {
                storage.Delete(".kafka_cleanshutdown");
                storage.Delete("recovery-point-offset-checkpoint");
            }

            await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
            AppendResult refused = await broker.AppendAsync(old, Batches.Of("x"), Acks.All);
            Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
            Assert.Contains("holds messages of format 1, which are not read", refused.Message);
            Assert.Equal("served", (await broker.ReadAllAsync(BrokerExtensions.Orders))[0].Value);
            Assert.Equal(before, Files(storage, "old-0"));
        }

        Assert.Equal(before, Files(storage, "old-0"));
    }

    [Theory]
    [InlineData("v0-none", 0)]
    [InlineData("v1-none", 1)]
    public void Old_messages_between_batches_that_a_clean_startup_does_not_read_are_an_error_for_each_reader_that_meets_them(string name, int format) // F25
    {
        using var storage = new MemoryStorage();
        PartitionLog log = OpenMixed(storage, name, out Dictionary<string, byte[]> before);
        var health = new HealthLog(TimeProvider.System, NullLogger.Instance);
        log = Reopen(log, storage, health);
        Assert.Equal("first", Assert.Single(Logs.ReadAll(log)).Value);
        Assert.Equal(ErrorCode.UnsupportedForMessageFormat, log.Reader.Read(1, 1 << 20, null, out RecordLease? lease, out _));
        Assert.Null(lease);
        HealthIssue issue = Assert.Single(health.Snapshot());
        Assert.Contains($"holds messages of format {format}, which are not read", issue.Reason);
        Assert.Contains(s_segment, issue.Reason);

        // Those that look for a time: the first record is found, what comes after it is not passed over.
        Assert.Equal(0, log.Timestamps.Find(0, IsolationLevel.ReadUncommitted).Offset);
        Assert.True(log.DeleteRecords(1));
        Assert.Equal(ErrorCode.UnsupportedForMessageFormat, log.Timestamps.Find(0, IsolationLevel.ReadUncommitted).Error);
        Assert.Equal(ErrorCode.UnsupportedForMessageFormat, log.Timestamps.Find(ListedOffset.MaxTimestamp, IsolationLevel.ReadUncommitted).Error);

        // What comes after them is read.
        Assert.Equal(ErrorCode.None, log.Reader.Read(IndexedOffset, 1 << 20, null, out lease, out _));
        Assert.Equal("indexed", Batches.Read(lease!.Bytes.Span)[0].Value);
        lease.Release();
        log.Release();
        Assert.Equal(before, Files(storage, Logs.Directory));
    }

    [Fact]
    public void Old_messages_found_by_a_clean_startup_that_rebuilds_producers_are_refused() // F25
    {
        using var storage = new MemoryStorage();
        PartitionLog log = OpenMixed(storage, "v1-none", out Dictionary<string, byte[]> before);
        log.Release();
        foreach (string name in Files(storage, Logs.Directory).Keys.Where(static name => name.EndsWith(ProducerSnapshot.Suffix, StringComparison.Ordinal)))
        {
            storage.Delete($"{Logs.Directory}/{name}");
        }

        StorageException refused = Assert.Throws<StorageException>(() => Logs.Open(storage, inputs: RecoveryInputs.CleanShutdown));
        Assert.Contains("holds messages of format 1, which are not read", refused.Message);
        Assert.Equal(before[s_segment], Files(storage, Logs.Directory)[s_segment]);
    }

    private const long IndexedOffset = Messages + 1;

    // A segment with a batch, old messages, and a batch that the indexes name, as Kafka
    // leaves it where the format was set back for a while.
    private static PartitionLog OpenMixed(MemoryStorage storage, string name, out Dictionary<string, byte[]> files)
    {
        byte[] first = Batch(0, "first");
        byte[] old = Golden(name);
        byte[] bytes = [.. first, .. old, .. Batch(IndexedOffset, "indexed")];
        byte[] offsets = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(offsets, (int)IndexedOffset);
        BinaryPrimitives.WriteInt32BigEndian(offsets.AsSpan(4), first.Length + old.Length);
        byte[] times = new byte[12];
        BinaryPrimitives.WriteInt64BigEndian(times, 1_700_000_000_000);
        BinaryPrimitives.WriteInt32BigEndian(times.AsSpan(8), (int)IndexedOffset);
        Write(storage, (s_segment, bytes), (LogFiles.Of(0, LogFiles.OffsetIndexSuffix), offsets), (LogFiles.Of(0, LogFiles.TimeIndexSuffix), times));
        Assert.True(ProducerSnapshot.Write(storage, Logs.Directory, IndexedOffset + 1, []).IsOk);
        PartitionLog log = Logs.Open(storage, inputs: RecoveryInputs.CleanShutdown);
        files = Files(storage, Logs.Directory);
        return log;
    }

    private static PartitionLog Reopen(PartitionLog log, MemoryStorage storage, HealthLog health)
    {
        log.Release();
        RecoveredLog recovered = new LogRecovery(storage, Logs.Directory, new LogSettings(), RecoveryInputs.CleanShutdown, TimeProvider.System, NullLogger.Instance).Open();
        return new PartitionLog(new LogContext(storage, new TopicPartition("orders", 0), Logs.Directory, new LogSettings(), TimeProvider.System, health), recovered);
    }

    private static void AssertRefused(int format, params (string Name, byte[] Bytes)[] files)
    {
        AssertRefused(format, isClean: false, files);
        AssertRefused(format, isClean: true, files);
    }

    private static void AssertRefused(int format, bool isClean, params (string Name, byte[] Bytes)[] files)
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        Write(memory, files);
        Dictionary<string, byte[]> before = Files(memory, Logs.Directory);
        StorageException refused = Assert.Throws<StorageException>(() => Logs.Open(storage, inputs: new RecoveryInputs(isClean)));
        Assert.Contains($"holds messages of format {format}, which are not read", refused.Message);
        Assert.Contains(".log", refused.Message);
        Assert.Equal(before, Files(memory, Logs.Directory));
    }

    private static byte[] EmptySnapshot()
    {
        using var storage = new MemoryStorage();
        storage.CreateDirectory(Logs.Directory);
        Assert.True(ProducerSnapshot.Write(storage, Logs.Directory, 0, []).IsOk);
        return Files(storage, Logs.Directory).Values.Single();
    }

    private static byte[] Golden(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "old-formats", name + ".bin"));

    // The first message has a wrong checksum; the next ones are good.
    private static byte[] Damaged(byte[] messages)
    {
        messages[30] ^= 1;
        return messages;
    }

    private static byte[] Batch(long baseOffset, string value)
    {
        byte[] batch = Batches.Of(value);
        BinaryPrimitives.WriteInt64BigEndian(batch, baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.PartitionLeaderEpoch), 0);
        return batch;
    }

    private static void Write(MemoryStorage storage, params (string Name, byte[] Bytes)[] files)
    {
        storage.CreateDirectory(Logs.Directory);
        foreach ((string name, byte[] bytes) in files)
        {
            storage.Open($"{Logs.Directory}/{name}", FileOpening.New, out IStorageFile? file);
            file!.Write(0, bytes);
            file.Dispose();
        }
    }

    private static Dictionary<string, byte[]> Files(MemoryStorage storage, string directory)
    {
        storage.List(directory, out IReadOnlyList<string> names);
        return names.ToDictionary(static name => name, name => WholeFile.Read(storage, $"{directory}/{name}")!);
    }
}
