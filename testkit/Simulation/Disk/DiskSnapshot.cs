using System.Runtime.InteropServices;

namespace Zurau.Testing.Simulation;

/// <summary>A copy of all files of a disk, by path in ordinal order, to compare byte for byte. Immutable.</summary>
public sealed class DiskSnapshot
{
    internal DiskSnapshot(SortedDictionary<string, byte[]> files) => Files = files;

    /// <summary>Every file's bytes.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; }

    /// <summary>Names, lengths and bytes of all files in 64 bits; the same on every machine.</summary>
    public ulong Hash
    {
        get
        {
            ulong hash = 0;
            foreach ((string path, byte[] bytes) in Files)
            {
                hash = Add(Add(hash, MemoryMarshal.AsBytes(path.AsSpan())), bytes);
            }

            return hash;
        }
    }

    /// <summary>Says how this differs from another; null where it does not.</summary>
    public string? DifferenceTo(DiskSnapshot other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (string path in Files.Keys.Union(other.Files.Keys).Order(StringComparer.Ordinal))
        {
            if (!Files.TryGetValue(path, out byte[]? bytes) || !other.Files.TryGetValue(path, out byte[]? others))
            {
                return $"'{path}' is only in the {(Files.ContainsKey(path) ? "first" : "second")}";
            }

            int same = bytes.AsSpan().CommonPrefixLength(others);
            if (same < bytes.Length || same < others.Length)
            {
                return $"'{path}' ({bytes.Length} and {others.Length} bytes) differs from byte {same} on";
            }
        }

        return null;
    }

    private static ulong Add(ulong hash, ReadOnlySpan<byte> bytes)
    {
        hash = SimRandom.Mix(hash ^ (ulong)bytes.Length) + 1;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            hash = (hash ^ MemoryMarshal.Read<ulong>(bytes)) * 0x9FB21C651E98DF25;
            hash ^= hash >> 32;
        }

        foreach (byte value in bytes)
        {
            hash = SimRandom.Mix(hash ^ value) + 1;
        }

        return hash;
    }
}
