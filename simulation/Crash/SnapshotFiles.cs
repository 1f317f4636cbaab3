using Zurau.Inspection;

namespace Zurau.Simulation;

/// <summary>Provides a copy of a simulated disk to the structural check.</summary>
internal sealed class SnapshotFiles(DiskSnapshot snapshot) : IDataFiles
{
    public string Description => "simulated disk";

    public IReadOnlyList<string>? List(string path)
    {
        string prefix = path.Length == 0 ? "" : path + "/";
        string[] names = [.. snapshot.Files.Keys
            .Where(file => file.StartsWith(prefix, StringComparison.Ordinal))
            .Select(file => file[prefix.Length..].Split('/')[0])
            .Distinct()];
        Array.Sort(names, StringComparer.Ordinal);
        return names.Length == 0 && path.Length > 0 ? null : names;
    }

    public IDataFile? Open(string path) => snapshot.Files.TryGetValue(path, out byte[]? bytes) ? new SnapshotFile(bytes) : null;

    private sealed class SnapshotFile(byte[] bytes) : IDataFile
    {
        public long Length => bytes.Length;

        public int Read(long position, Span<byte> buffer)
        {
            int count = (int)Math.Clamp(bytes.Length - position, 0, buffer.Length);
            bytes.AsSpan((int)Math.Min(position, bytes.Length), count).CopyTo(buffer);
            return count;
        }

        public void Dispose()
        {
        }
    }
}
