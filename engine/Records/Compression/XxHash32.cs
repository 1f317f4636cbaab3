using System.Buffers.Binary;
using System.Numerics;

namespace Zurau.Engine.Records.Compression;

/// <summary>xxHash with 32 bits and seed 0, the checksum of LZ4 frames.</summary>
internal static class XxHash32
{
    private const uint Prime1 = 2654435761;
    private const uint Prime2 = 2246822519;
    private const uint Prime3 = 3266489917;
    private const uint Prime4 = 668265263;
    private const uint Prime5 = 374761393;
    private const int StripeSize = 16;

    /// <summary>Computes the hash: no bytes give 0x02CC5D05.</summary>
    internal static uint Compute(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> left = bytes;
        uint hash = Prime5;
        if (bytes.Length >= StripeSize)
        {
            uint lane1 = unchecked(Prime1 + Prime2);
            uint lane2 = Prime2;
            uint lane3 = 0;
            uint lane4 = unchecked(0 - Prime1);
            for (; left.Length >= StripeSize; left = left[StripeSize..])
            {
                lane1 = Round(lane1, left);
                lane2 = Round(lane2, left[4..]);
                lane3 = Round(lane3, left[8..]);
                lane4 = Round(lane4, left[12..]);
            }

            hash = BitOperations.RotateLeft(lane1, 1) + BitOperations.RotateLeft(lane2, 7) + BitOperations.RotateLeft(lane3, 12) + BitOperations.RotateLeft(lane4, 18);
        }

        hash += (uint)bytes.Length;
        for (; left.Length >= sizeof(uint); left = left[sizeof(uint)..])
        {
            hash = BitOperations.RotateLeft(hash + (BinaryPrimitives.ReadUInt32LittleEndian(left) * Prime3), 17) * Prime4;
        }

        foreach (byte last in left)
        {
            hash = BitOperations.RotateLeft(hash + (last * Prime5), 11) * Prime1;
        }

        hash = (hash ^ (hash >> 15)) * Prime2;
        hash = (hash ^ (hash >> 13)) * Prime3;
        return hash ^ (hash >> 16);
    }

    private static uint Round(uint lane, ReadOnlySpan<byte> word) =>
        BitOperations.RotateLeft(lane + (BinaryPrimitives.ReadUInt32LittleEndian(word) * Prime2), 13) * Prime1;
}
