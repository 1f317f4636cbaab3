using System.Runtime.InteropServices;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Contains a copy of all files of a disk, for comparisons byte by byte. Immutable.
/// </summary>
public sealed class DiskSnapshot
{
    internal DiskSnapshot(SortedDictionary<string, byte[]> files) => Files = files;

    /// <summary>
    /// Gets the bytes of every file by path, in ordinal order of the paths.
    /// </summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; }

    /// <summary>
    /// Gets a 64-bit hash of the paths, lengths and bytes of all files. It is the same on
    /// every machine. Computed on each call.
    /// </summary>
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

    /// <summary>
    /// Returns a description of the first difference to another snapshot; null if they
    /// are equal.
    /// </summary>
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
                return $"'{path}' ({bytes.Length} and {others.Length} bytes) differs at byte {same}";
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
