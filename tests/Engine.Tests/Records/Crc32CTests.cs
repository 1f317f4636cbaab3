using System.IO.Hashing;
using CsCheck;
using Zurau.Engine.Records;

namespace Engine.Tests.Records;

/// <summary>
/// Our CRC-32C, whose loops change with the length, against that of System.IO.Hashing.
/// </summary>
public sealed class Crc32CTests
{
    private const int MaxLength = 4096;
    private const int Alignments = 16;
    private static readonly byte[] s_noise = Noise();

    [Fact]
    public void The_check_value_is_Castagnoli_s() => Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));

    [Fact]
    public void Every_length_to_4096_has_the_checksum_of_the_oracle_at_every_alignment()
    {
        for (int length = 0; length <= MaxLength; length++)
        {
            for (int alignment = 0; alignment < Alignments; alignment++)
            {
                ReadOnlySpan<byte> bytes = s_noise.AsSpan(alignment, length);
                if (Oracle(bytes) != Crc32C.Compute(bytes))
                {
                    Assert.Fail($"{length} bytes at alignment {alignment}: {Crc32C.Compute(bytes):x8}, the oracle has {Oracle(bytes):x8}");
                }
            }
        }
    }

    [Fact]
    public void Any_bytes_in_two_pieces_have_the_checksum_of_the_whole() =>
        Gen.Select(Gen.Byte.Array[0, 3 * MaxLength], Gen.Int[0, 3 * MaxLength]).Sample(static (bytes, cut) =>
        {
            cut = Math.Min(cut, bytes.Length);
            return Crc32C.Compute(bytes.AsSpan(0, cut), bytes.AsSpan(cut)) == Oracle(bytes);
        }, iter: 1000);

    private static uint Oracle(ReadOnlySpan<byte> bytes) => Crc32.HashToUInt32(Crc32ParameterSet.Crc32C, bytes);

    private static byte[] Noise()
    {
        byte[] bytes = new byte[MaxLength + Alignments];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
