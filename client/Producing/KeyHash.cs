namespace Zurau.Producing;

/// <summary>The hashes of keys that librdkafka has besides murmur2, so that a key lands where its clients put it. Pure.</summary>
internal static class KeyHash
{
    private const uint ReversedCrcPolynomial = 0xEDB88320;
    private const uint FnvOffset = 2166136261;
    private const uint FnvPrime = 16777619;

    private static readonly uint[] s_crcTable = [.. Enumerable.Range(0, 256).Select(static value => CrcOf((uint)value))];

    /// <summary>CRC-32 as zlib computes it.</summary>
    internal static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc = s_crcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

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

    private static uint CrcOf(uint value)
    {
        for (int bit = 0; bit < 8; bit++)
        {
            value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ ReversedCrcPolynomial;
        }

        return value;
    }
}
