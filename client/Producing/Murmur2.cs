using System.Buffers.Binary;

namespace Zurau.Producing;

/// <summary>
/// The hash behind Kafka's default partitioner, as the Java client's <c>Utils.murmur2</c> computes it, so that a key lands in the same
/// partition whichever client sends it.
/// </summary>
internal static class Murmur2
{
    private const uint Seed = 0x9747b28c;
    private const uint Multiplier = 0x5bd1e995;

    /// <summary>Hashes some bytes; an empty key has a hash too (275646681).</summary>
    internal static int Hash(ReadOnlySpan<byte> bytes)
    {
        uint hash = Seed ^ (uint)bytes.Length;
        while (bytes.Length >= sizeof(uint))
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(bytes) * Multiplier;
            word ^= word >> 24;
            hash = (hash * Multiplier) ^ (word * Multiplier);
            bytes = bytes[sizeof(uint)..];
        }

        if (bytes.Length > 0)
        {
            hash ^= bytes[0] | (bytes.Length > 1 ? (uint)bytes[1] << 8 : 0) | (bytes.Length > 2 ? (uint)bytes[2] << 16 : 0);
            hash *= Multiplier;
        }

        hash ^= hash >> 13;
        hash *= Multiplier;
        return (int)(hash ^ (hash >> 15));
    }

    /// <summary>The partition of a key: the hash without its sign bit (not its absolute value), modulo all partitions.</summary>
    internal static int Partition(ReadOnlySpan<byte> key, int partitionCount) => (int)(Positive(key) % (uint)partitionCount);

    /// <summary>The hash without its sign bit.</summary>
    internal static uint Positive(ReadOnlySpan<byte> key) => (uint)Hash(key) & 0x7fffffff;
}
