namespace Zurau.Producing;

/// <summary>The hashes of keys that librdkafka has besides murmur2, so that a key lands where its clients put it. Pure.</summary>
internal static class KeyHash
{
    private const uint FnvOffset = 2166136261;
    private const uint FnvPrime = 16777619;

    /// <summary>CRC-32 as zlib computes it.</summary>
    internal static uint Crc32(ReadOnlySpan<byte> bytes) => System.IO.Hashing.Crc32.HashToUInt32(bytes);

    /// <summary>FNV-1a with 32 bits, taken as a signed number and made positive.</summary>
    internal static uint Fnv1a(ReadOnlySpan<byte> bytes)
    {
        uint hash = FnvOffset;
        foreach (byte value in bytes)
        {
            hash = (hash ^ value) * FnvPrime;
        }

        return (int)hash < 0 ? 0 - hash : hash;
    }
}
