using System.Runtime.ExceptionServices;
using Zurau;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>Damaged batches of a real Kafka: nothing but <see cref="InvalidRecordException"/> comes out, in bounded time and memory.</summary>
public sealed class HostileInputTests(ITestOutputHelper output)
{
    private const int MutationsPerBatch = 300;
    private const int MaxGoldenBytes = 60_000;
    private const int Bound = 2 * 1024 * 1024;

    private static readonly byte[][] s_extremes =
        [[0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0x7F], [0x80, 0, 0, 0], [0, 0, 0, 0x80], [0x82, 0x53, 0x4E, 0x41]];

    public static TheoryData<CompressionType> Types => DecompressedRecordsTests.Types;

    [Theory]
    [MemberData(nameof(Types))]
    public void Any_damage_to_a_compressed_batch_is_an_invalid_record_or_does_no_harm(CompressionType type)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        byte[][] golden = Golden(type);
        int refused = 0;
        Within(TimeSpan.FromSeconds(60), () =>
        {
            var random = new Random(seed);
            foreach (byte[] batch in golden)
            {
                for (int i = 0; i < MutationsPerBatch; i++)
                {
                    refused += IsRefused(Mutate(batch, golden[random.Next(golden.Length)], random)) ? 1 : 0;
                }
            }

            // Once the pool is warm a damaged batch takes what its exceptions take; a buffer that grew past the bound would show.
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < MutationsPerBatch; i++)
            {
                IsRefused(Mutate(golden[0], golden[^1], random));
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MutationsPerBatch * 2L * Bound);
        });
        Assert.InRange(refused, golden.Length, golden.Length * MutationsPerBatch);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_batch_that_ends_too_early_is_an_invalid_record_wherever_it_ends(CompressionType type)
    {
        byte[] batch = Golden(type).MinBy(static bytes => bytes.Length)!;
        for (int length = BatchLayout.HeaderSize; length < batch.Length; length++)
        {
            byte[] cut = [.. Codecs.Batch(type, batch[BatchLayout.HeaderSize..length])];
            batch.AsSpan(BatchLayout.RecordsCount, 4).CopyTo(cut.AsSpan(BatchLayout.RecordsCount));
            Assert.True(IsRefused(cut), $"{length} of {batch.Length} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Garbage_is_an_invalid_record(CompressionType type)
    {
        var random = new Random(17);
        for (int i = 0; i < 500; i++)
        {
            byte[] garbage = new byte[random.Next(0, 300)];
            random.NextBytes(garbage);
            byte[] batch = Codecs.Batch(type, garbage);
            batch[BatchLayout.RecordsCount] = 1;
            Assert.True(IsRefused(batch), Convert.ToHexString(garbage));
        }
    }

    // Small ones: what a mutation does to a large batch it does to a small one too, and sooner.
    private static byte[][] Golden(CompressionType type) =>
    [
        .. GoldenLogs.Partitions.Where(static name => !name.StartsWith("__", StringComparison.Ordinal))
            .SelectMany(GoldenLogs.Batches)
            .Where(bytes => bytes.Length < MaxGoldenBytes && Codecs.View(bytes).CompressionType == type)
            .Take(40),
    ];

    private static byte[] Mutate(byte[] batch, byte[] other, Random random)
    {
        var bytes = new List<byte>(batch[BatchLayout.HeaderSize..]);
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            // The framing is at the front; a mutation there reaches code that one in the middle does not.
            int position = random.Next(bytes.Count == 0 ? 1 : random.Next(2) == 0 ? Math.Min(bytes.Count, 32) : bytes.Count);
            byte[] piece = random.Next(4) switch
            {
                0 => s_extremes[random.Next(s_extremes.Length)],
                1 => [(byte)random.Next(256)],
                2 => other[random.Next(other.Length)..],
                _ => [],
            };
            int removed = random.Next(3) switch { 0 => 0, 1 => Math.Min(piece.Length, bytes.Count - position), _ => random.Next(bytes.Count - position + 1) };
            bytes.RemoveRange(position, removed);
            bytes.InsertRange(position, piece);
        }

        byte[] mutated = Codecs.Batch(Codecs.View(batch).CompressionType, [.. bytes]);
        batch.AsSpan(BatchLayout.RecordsCount, 4).CopyTo(mutated.AsSpan(BatchLayout.RecordsCount));
        return mutated;
    }

    /// <summary>Reads everything; any other exception than the one that is meant goes on to the test.</summary>
    private static bool IsRefused(byte[] bytes)
    {
        RecordBatchView batch = Codecs.View(bytes);
        try
        {
            using DecompressedRecords decompressed = batch.Decompress(Bound);
            Assert.InRange(decompressed.SizeBytes, 0, Bound);
            RecordReader reader = batch.Records(decompressed);
            while (reader.Read())
            {
                HeaderReader headers = reader.Headers;
                while (headers.Read())
                {
                }
            }

            return false;
        }
        catch (InvalidRecordException)
        {
            return true;
        }
    }

    private static void Within(TimeSpan limit, Action action)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        })
        { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(limit), $"not done after {limit}");
        failure?.Throw();
    }
}
