using System.Globalization;
using CsCheck;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>
/// Damaged batches of a real Kafka: a codec throws nothing but
/// <see cref="InvalidRecordException"/> and takes no more memory than the bound allows.
/// <c>ZURAU_DAMAGED_INPUTS</c> sets the number of inputs per codec.
/// </summary>
public sealed class HostileInputTests
{
    private const int DefaultInputs = 3000;
    private const int MaxGoldenBytes = 60_000;
    private const int Bound = 2 * 1024 * 1024;

    // A buffer that grows fourfold to the bound, and what exceptions take.
    private const long MaxAllocatedBytes = (2L * Bound) + (64 * 1024);

    private static readonly byte[][] s_extremes =
        [[0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0x7F], [0x80, 0, 0, 0], [0, 0, 0, 0x80], [0x82, 0x53, 0x4E, 0x41]];

    // The framing is at the front: damage there reaches code that damage in the middle does not.
    private static readonly Gen<Damage> s_damage = Gen.Select(
        Gen.OneOf(Gen.Int[0, 31], Gen.Int[0, MaxGoldenBytes]),
        Gen.OneOf(Gen.Int[0, s_extremes.Length - 1].Select(static i => s_extremes[i]), Gen.Byte.Array[1, 1], Gen.Byte.Array[0, 40]),
        Gen.OneOf(Gen.Int[0, 40], Gen.Int[0, MaxGoldenBytes]),
        Gen.Int[-3, 39],
        static (position, piece, removed, splice) => new Damage(position, piece, removed, splice));

    public static TheoryData<CompressionType> Types => DecompressedRecordsTests.Types;

    private static int Inputs => int.TryParse(Environment.GetEnvironmentVariable("ZURAU_DAMAGED_INPUTS"), CultureInfo.InvariantCulture, out int inputs) ? inputs : DefaultInputs;

    [Theory]
    [MemberData(nameof(Types))]
    public void Any_damage_to_a_compressed_batch_is_an_invalid_record_or_does_no_harm(CompressionType type)
    {
        byte[][] golden = Golden(type);
        int refused = 0;
        Gen.Select(Gen.Int[0, golden.Length - 1], s_damage.Array[1, 4]).Sample(
            (batch, damages) =>
            {
                if (IsRefused(Apply(damages, golden, batch)))
                {
                    Interlocked.Increment(ref refused);
                }
            },
            iter: Inputs);
        Assert.InRange(refused, Inputs / 2, Inputs);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_batch_that_ends_too_early_is_an_invalid_record_wherever_it_ends(CompressionType type)
    {
        byte[] batch = Golden(type).MinBy(static bytes => bytes.Length)!;
        for (int length = BatchLayout.HeaderSize; length < batch.Length; length++)
        {
            Assert.True(IsRefused(Like(batch, batch[BatchLayout.HeaderSize..length])), $"{length} of {batch.Length} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Garbage_is_an_invalid_record(CompressionType type) => Gen.Byte.Array[0, 300].Sample(
        garbage =>
        {
            byte[] batch = Codecs.Batch(type, garbage);
            batch[BatchLayout.RecordsCount] = 1;
            return IsRefused(batch);
        },
        iter: DefaultInputs);

    // The lengths that a format has: of a raw block and of a block in a stream (snappy),
    // of the content (lz4, zstd), of a block (lz4).
    [Theory]
    [InlineData(CompressionType.Snappy, "ffffff7f00")]
    [InlineData(CompressionType.Snappy, "82534e415050590000000001000000010000000680808040f8ff")]
    [InlineData(CompressionType.Lz4, "04224d186840ffffffffffffff0f00")]
    [InlineData(CompressionType.Lz4, "04224d18607073ffff3f00")]
    [InlineData(CompressionType.Zstd, "28b52ffda0ffffffff1100006869")]
    [InlineData(CompressionType.Zstd, "28b52ffd00f81100006869")]
    [InlineData(CompressionType.Gzip, "1f8b080000000000000301000000ffff00000000ffffffff")]
    public void A_length_that_lies_is_not_allocated(CompressionType type, string hex)
    {
        byte[] compressed = Convert.FromHexString(hex);
        for (int i = 0; i < 2; i++)
        {
            // The second time nothing is allocated that a first use takes.
            using var target = new BoundedBuffer(CompressionCodecs.DefaultMaxDecompressedBytes, expectedBytes: 0);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<InvalidRecordException>(() => CompressionCodecs.Get(type).Decompress(compressed, target, CompressionCodecs.DefaultMaxDecompressedBytes));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, i == 0 ? long.MaxValue : 128 * 1024);
        }
    }

    // Small ones: what damage does to a large batch it does to a small one too, and sooner.
    private static byte[][] Golden(CompressionType type) =>
    [
        .. GoldenLogs.Partitions.Where(static name => !name.StartsWith("__", StringComparison.Ordinal))
            .SelectMany(GoldenLogs.Batches)
            .Where(bytes => bytes.Length < MaxGoldenBytes && Codecs.View(bytes).CompressionType == type)
            .Take(40),
    ];

    private static byte[] Apply(Damage[] damages, byte[][] golden, int index)
    {
        byte[] bytes = golden[index][BatchLayout.HeaderSize..];
        foreach (Damage damage in damages)
        {
            int position = Math.Min(damage.Position, bytes.Length);
            int removed = Math.Min(damage.Removed, bytes.Length - position);
            byte[] other = damage.Splice < 0 ? [] : golden[damage.Splice % golden.Length];
            bytes = damage.Splice switch
            {
                // Overwritten in place, or another batch's end spliced in, or cut out and replaced.
                < 0 => [.. bytes[..position], .. damage.Piece, .. bytes[Math.Min(position + damage.Piece.Length, bytes.Length)..]],
                < 10 => [.. bytes[..position], .. other[Math.Min(position + BatchLayout.HeaderSize, other.Length)..]],
                _ => [.. bytes[..position], .. damage.Piece, .. bytes[(position + removed)..]],
            };
        }

        return Like(golden[index], bytes);
    }

    private static byte[] Like(byte[] batch, byte[] compressed)
    {
        byte[] other = Codecs.Batch(Codecs.View(batch).CompressionType, compressed);
        batch.AsSpan(BatchLayout.RecordsCount, sizeof(int)).CopyTo(other.AsSpan(BatchLayout.RecordsCount));
        return other;
    }

    /// <summary>
    /// Reads everything, from the codec itself; any other exception than the one that is
    /// meant fails the test.
    /// </summary>
    private static bool IsRefused(byte[] bytes)
    {
        RecordBatchView batch = Codecs.View(bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using var target = new BoundedBuffer(Bound, expectedBytes: 0);
        bool isRefused = false;
        try
        {
            CompressionCodecs.Get(batch.CompressionType).Decompress(batch.RecordsBytes, target, Bound);
            var reader = new RecordReader(batch, target.Written);
            while (reader.Read())
            {
                HeaderReader headers = reader.Headers;
                while (headers.Read())
                {
                }
            }
        }
        catch (InvalidRecordException)
        {
            isRefused = true;
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocatedBytes);
        return isRefused;
    }

    /// <summary>One change of the compressed bytes.</summary>
    private sealed record Damage(int Position, byte[] Piece, int Removed, int Splice)
    {
        public override string ToString() => $"at {Position}: {Convert.ToHexString(Piece)}, {Removed} removed, splice {Splice}";
    }
}
