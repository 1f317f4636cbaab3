using System.Buffers;
using System.Buffers.Binary;
using CsCheck;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// A batch in several pieces is answered and stored byte by byte as the same batch in
/// one.
/// </summary>
public sealed class SequenceAppendTests
{
    private static readonly Gen<byte[]> s_batches =
        from count in Gen.Int[1, 12]
        from sizes in Gen.OneOf(Gen.Int[0, 40], Gen.Int[0, 300], Gen.Int[0, 20_000]).Array[count]
        from shape in Gen.Int[0, 63]
        from hasFalseTime in Gen.Int[0, 9]
        select Build(sizes, shape, hasFalseTime == 0);

    private static readonly Gen<(int Position, byte Value)[]> s_damages = Gen.Select(Gen.Int[0, 200], Gen.Byte).Array[0, 2];

    [Fact]
    public void Pieces_are_stored_and_answered_as_the_whole() =>
        Gen.Select(s_batches, s_damages, Gen.Int[1, 64].Array[1, 200], Gen.Int[0, 7], Gen.Bool).Sample(
            static (batch, damages, cuts, kind, isCrcRight) =>
            {
                foreach ((int position, byte value) in damages)
                {
                    batch[position % batch.Length] ^= value;
                }

                if (isCrcRight)
                {
                    BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(BatchLayout.Crc), Crc32C.Compute(batch.AsSpan(BatchLayout.Attributes)));
                }

                LogSettings settings = SettingsOf(kind);
                (Appended Result, byte[] Log) whole = Append(settings, log => log.Append(batch));
                (Appended Result, byte[] Log) pieces = Append(settings, log => log.Append(Split(batch, cuts)));
                Assert.Equal(whole.Result, pieces.Result);
                Assert.Equal(whole.Log, pieces.Log);
            },
            iter: 2000);

    [Fact]
    public void Every_place_where_a_batch_may_be_cut_in_two_or_three_gives_the_same()
    {
        byte[] batch = Build([3, 200, 0, 17], 0b010111, hasFalseTime: false);
        byte[] expected = Append(new LogSettings(), log => log.Append(batch)).Log;
        for (int first = 0; first <= batch.Length; first++)
        {
            byte[] stored = Append(new LogSettings(), log => log.Append(Split(batch, [first, 1]))).Log;
            Assert.Equal(expected, stored);
        }
    }

    [Fact]
    public async Task A_broker_takes_pieces_of_new_batches_and_of_retries()
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
        broker.CreateTopic(new NewTopic("orders"));
        byte[] batch = Batches.OfProducer(7, 0, 0, count: 3);
        Assert.Equal(0, (await broker.AppendAsync(BrokerExtensions.Orders, Split(batch, [5, 70]), Acks.All)).BaseOffset);
        Assert.Equal(0, (await broker.AppendAsync(BrokerExtensions.Orders, Split(batch, [61]), Acks.All)).BaseOffset);
        Assert.Equal(3, (await broker.AppendAsync(BrokerExtensions.Orders, new ReadOnlySequence<byte>(Batches.Of("one piece")), Acks.Leader)).BaseOffset);
        Assert.Equal(["0", "1", "2", "one piece"], (await broker.ReadAllAsync(BrokerExtensions.Orders)).Select(static record => record.Value));
        Assert.Equal(ErrorCode.InvalidRecord, (await broker.AppendAsync(BrokerExtensions.Orders, default(ReadOnlySequence<byte>), Acks.All)).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (await broker.AppendAsync(new TopicPartition("none", 0), Split(batch, [5]), Acks.All)).Error);
    }

    [Fact]
    public void A_large_batch_in_pieces_costs_no_memory_but_its_place_in_the_log()
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, new LogSettings());
        byte[] batch = Build([.. Enumerable.Repeat(60_000, 10)], 0, hasFalseTime: false);
        ReadOnlySequence<byte> pieces = Split(batch, [.. Enumerable.Repeat(4096, 400)]);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(ErrorCode.None, log.Append(pieces).Error);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(ErrorCode.None, log.Append(pieces).Error);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000); // Index entries at most, and no batch of 800 kB.
        log.Release();
    }

    private static LogSettings SettingsOf(int kind) => kind switch
    {
        0 => new LogSettings { TimestampType = TimestampType.LogAppendTime },
        1 => new LogSettings { IsCompacted = true },
        2 => new LogSettings { Compression = new BatchCompression(CompressionType.Gzip) },
        3 => new LogSettings { Compression = new BatchCompression(CompressionType.None) },
        4 => new LogSettings { MaxMessageBytes = 1000 },
        _ => new LogSettings(),
    };

    private static (Appended Result, byte[] Log) Append(LogSettings settings, Func<PartitionLog, Appended> append)
    {
        using var storage = new MemoryStorage();
        storage.CreateDirectory(Logs.Directory);
        var time = new SteppedTime();
        PartitionLog log = Logs.Open(storage, settings, time, new PrefaultDuty(Logs.Health));
        Appended result = append(log);
        log.Close();
        log.Release();
        return (result, WholeFile.Read(storage, $"{Logs.Directory}/{LogFiles.Segment(0)}")!);
    }

    private static byte[] Build(int[] sizes, int shape, bool hasFalseTime)
    {
        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + sizes.Sum(static size => 100 + (2 * size))]);
        for (int i = 0; i < sizes.Length; i++)
        {
            var headers = new Headers();
            if ((shape & 8) != 0 && i % 2 == 0)
            {
                headers.Add("header", new byte[sizes[i] / 4]);
                headers.Add("", (byte[]?)null);
            }

            bool isKeyNull = (shape & 1) != 0 && i % 3 == 1;
            builder.Append(1_700_000_000_000 + (i * 1000L), isKeyNull ? default : new byte[sizes[i] / 3], isKeyNull, new byte[sizes[i]], isValueNull: (shape & 2) != 0 && i % 3 == 2, headers);
        }

        builder.Compression = new BatchCompression((shape & 48) switch { 16 => CompressionType.Gzip, 32 => CompressionType.Lz4, _ => CompressionType.None });
        byte[] batch = builder.Build().ToArray();
        if (hasFalseTime)
        {
            BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(BatchLayout.MaxTimestamp), 5);
            BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(BatchLayout.Crc), Crc32C.Compute(batch.AsSpan(BatchLayout.Attributes)));
        }

        return batch;
    }

    /// <summary>
    /// Cuts bytes into pieces of some sizes; what is left is the last piece. Sizes of 0
    /// make empty pieces.
    /// </summary>
    private static ReadOnlySequence<byte> Split(byte[] bytes, int[] sizes)
    {
        var first = new Piece(ReadOnlyMemory<byte>.Empty, null);
        Piece last = first;
        int position = 0;
        foreach (int size in sizes)
        {
            int length = Math.Min(size, bytes.Length - position);
            last = new Piece(bytes.AsMemory(position, length), last);
            position += length;
        }

        last = new Piece(bytes.AsMemory(position), last);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        internal Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            RunningIndex = before is null ? 0 : before.RunningIndex + before.Memory.Length;
            if (before is not null)
            {
                before.Next = this;
            }
        }
    }
}
