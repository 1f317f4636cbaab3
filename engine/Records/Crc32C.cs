using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Zurau.Engine.Records;

/// <summary>
/// CRC-32C (Castagnoli, reflected 0x82F63B78, initial and final inversion), Kafka's
/// checksum of batches and snapshots.
/// </summary>
public static class Crc32C
{
    private const uint ReflectedPolynomial = 0x82F63B78;

    /// <summary>
    /// Bytes of one of three lanes. The instruction has a latency of three cycles and a
    /// throughput of one per cycle, so three independent lanes are three times as fast;
    /// combining them costs about twenty cycles.
    /// </summary>
    private const int LaneBytes = 512;

    /// <summary>
    /// A lane of the second loop: three lanes are already faster for 384 to 1,535 bytes,
    /// which are too few for long lanes.
    /// </summary>
    private const int ShortLaneBytes = 96;

    /// <summary>
    /// The minimum size for the second loop: one lane is as fast for fewer bytes.
    /// </summary>
    private const int ShortLanesMinBytes = 384;

    private const int LineBytes = 64;

    /// <summary>
    /// The prefetch distance. The hardware prefetcher does not detect three lanes that are
    /// a few cache lines apart: explicit prefetching is 25 % faster for data that is not in
    /// the cache.
    /// </summary>
    private const int AheadBytes = 4 * LaneBytes;

    private static readonly Vector128<long> s_twoLanesAhead = Vector128.CreateScalar((long)PowerOfX((2 * LaneBytes * 8) - 33));
    private static readonly Vector128<long> s_oneLaneAhead = Vector128.CreateScalar((long)PowerOfX((LaneBytes * 8) - 33));
    private static readonly Vector128<long> s_twoShortLanesAhead = Vector128.CreateScalar((long)PowerOfX((2 * ShortLaneBytes * 8) - 33));
    private static readonly Vector128<long> s_oneShortLaneAhead = Vector128.CreateScalar((long)PowerOfX((ShortLaneBytes * 8) - 33));

    /// <summary>Computes the checksum of some bytes: <c>"123456789"</c> gives 0xE3069283.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => ~Append(~0u, bytes);

    /// <summary>Computes the checksum of two spans as if they were concatenated.</summary>
    public static uint Compute(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) => ~Append(Append(~0u, first), second);

    /// <summary>
    /// Computes the checksum of a span and the segments after it, as if they were
    /// concatenated.
    /// </summary>
    internal static uint Compute(ReadOnlySpan<byte> first, in ReadOnlySequence<byte> pieces)
    {
        uint crc = Append(~0u, first);
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            crc = Append(crc, piece.Span);
        }

        return ~crc;
    }

    private static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        int i = 0;
        if (Sse42.X64.IsSupported && Pclmulqdq.IsSupported)
        {
            for (; i <= bytes.Length - (3 * LaneBytes); i += 3 * LaneBytes)
            {
                crc = AppendLanes(crc, ref Unsafe.Add(ref start, i));
            }

            if (bytes.Length - i >= ShortLanesMinBytes)
            {
                do
                {
                    crc = AppendShortLanes(crc, ref Unsafe.Add(ref start, i));
                    i += 3 * ShortLaneBytes;
                }
                while (i <= bytes.Length - (3 * ShortLaneBytes));
            }
        }

        for (; i <= bytes.Length - sizeof(ulong); i += sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, i)));
        }

        for (; i < bytes.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, Unsafe.Add(ref start, i));
        }

        return crc;
    }

    private static uint AppendLanes(uint crc, ref byte start)
    {
        ulong first = crc;
        ulong second = 0;
        ulong third = 0;
        for (int line = 0; line < LaneBytes; line += LineBytes)
        {
            Prefetch(ref Unsafe.Add(ref start, line + AheadBytes));
            Prefetch(ref Unsafe.Add(ref start, line + AheadBytes + LaneBytes));
            Prefetch(ref Unsafe.Add(ref start, line + AheadBytes + (2 * LaneBytes)));
            for (int i = line; i < line + LineBytes; i += sizeof(ulong))
            {
                first = Sse42.X64.Crc32(first, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, i)));
                second = Sse42.X64.Crc32(second, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, i + LaneBytes)));
                third = Sse42.X64.Crc32(third, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, i + (2 * LaneBytes))));
            }
        }

        return (uint)(Advance(first, s_twoLanesAhead) ^ Advance(second, s_oneLaneAhead) ^ third);
    }

    private static uint AppendShortLanes(uint crc, ref byte start)
    {
        ulong first = crc;
        ulong second = 0;
        ulong third = 0;
        for (int i = 0; i < ShortLaneBytes; i += sizeof(ulong))
        {
            first = Sse42.X64.Crc32(first, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, i)));
            second = Sse42.X64.Crc32(second, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, i + ShortLaneBytes)));
            third = Sse42.X64.Crc32(third, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, i + (2 * ShortLaneBytes))));
        }

        return (uint)(Advance(first, s_twoShortLanesAhead) ^ Advance(second, s_oneShortLaneAhead) ^ third);
    }

    /// <summary>
    /// Prefetches memory that will be read soon. Addresses after the end are allowed: a
    /// prefetch never faults.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Prefetch(ref byte ahead) => Sse.Prefetch0(Unsafe.AsPointer(ref ahead));

    /// <summary>
    /// Moves a lane's remainder over the bytes after the lane: a carry-less multiplication
    /// by a power of x; the CRC instruction reduces it.
    /// </summary>
    private static ulong Advance(ulong crc, Vector128<long> power)
    {
        Vector128<long> product = Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar((long)crc), power, 0x00);
        return Sse42.X64.Crc32(0, (ulong)product.ToScalar());
    }

    /// <summary>
    /// x to a power, modulo the polynomial, bits reflected. The powers above are 33 less
    /// than the bits to move over: the reflected product of two 32-bit values is one power
    /// of x larger, and the instruction that reduces it adds 32.
    /// </summary>
    private static uint PowerOfX(int power)
    {
        uint value = 0x8000_0000;
        for (int i = 0; i < power; i++)
        {
            value = (value >> 1) ^ ((value & 1) == 0 ? 0 : ReflectedPolynomial);
        }

        return value;
    }
}
