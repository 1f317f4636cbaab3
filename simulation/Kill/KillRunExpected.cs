using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// The expected state of the killed processes, stored outside of the data directory: the
/// attempted and the acknowledged appends of each writer, the end of each partition that
/// a reader saw, and the attempted and the acknowledged commits. Each event is written
/// with pwrite at once, so that it survives a kill. Each file has one writer thread.
/// </summary>
internal sealed class KillRunExpected(string directory)
{
    /// <summary>The position of the acknowledged batches in the file of a writer.</summary>
    internal const int EntriesStart = 64;
    private const int EntrySize = 32;

    internal readonly record struct Acknowledged(int Partition, Acks Acks, long BaseOffset, long FirstSequence, int Count);

    /// <summary>
    /// Returns how many records a writer has started to append, over all process runs.
    /// </summary>
    internal long Attempted(int writer) => ReadAt(WriterFile(writer), 0);

    /// <summary>Opens the file of a writer for one process run.</summary>
    internal Writer OpenWriter(int writer) => new(Open(WriterFile(writer)));

    internal Numbers OpenSeen() => new(Open(At("seen")));

    internal Numbers OpenCommits() => new(Open(At("commits")));

    /// <summary>Returns the end offset of a partition that a reader saw.</summary>
    internal long Seen(int partition) => ReadAt(At("seen"), partition);

    /// <summary>Gets the offset of the last commit that was started.</summary>
    internal long CommitAttempted => ReadAt(At("commits"), 0);

    /// <summary>Gets the offset of the last commit that was acknowledged.</summary>
    internal long CommitAcknowledged => ReadAt(At("commits"), 1);

    internal List<Acknowledged> ReadAcknowledged(int writer)
    {
        byte[] bytes = File.Exists(WriterFile(writer)) ? File.ReadAllBytes(WriterFile(writer)) : [];
        var entries = new List<Acknowledged>();
        for (int i = EntriesStart; i + EntrySize <= bytes.Length; i += EntrySize)
        {
            ReadOnlySpan<byte> entry = bytes.AsSpan(i, EntrySize);
            entries.Add(new Acknowledged(
                BinaryPrimitives.ReadInt32BigEndian(entry),
                (Acks)BinaryPrimitives.ReadInt32BigEndian(entry[4..]),
                BinaryPrimitives.ReadInt64BigEndian(entry[8..]),
                BinaryPrimitives.ReadInt64BigEndian(entry[16..]),
                BinaryPrimitives.ReadInt32BigEndian(entry[24..])));
        }

        return entries;
    }

    private static long ReadAt(string file, int index)
    {
        byte[] bytes = File.Exists(file) ? File.ReadAllBytes(file) : [];
        return bytes.Length < (index + 1) * 8 ? 0 : BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(index * 8));
    }

    private string WriterFile(int writer) => At($"writer-{writer}");

    private string At(string name) => Path.Combine(directory, name);

    private static SafeFileHandle Open(string path) => File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);

    /// <summary>Stores the appends of one writer. Not thread-safe.</summary>
    internal sealed class Writer(SafeFileHandle file) : IDisposable
    {
        private long _end = Math.Max(EntriesStart, EntriesStart + ((RandomAccess.GetLength(file) - EntriesStart) / EntrySize * EntrySize));

        internal void Attempt(long records)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(bytes, records);
            RandomAccess.Write(file, bytes, 0);
        }

        internal void Acknowledge(Acknowledged batch)
        {
            Span<byte> entry = stackalloc byte[EntrySize];
            BinaryPrimitives.WriteInt32BigEndian(entry, batch.Partition);
            BinaryPrimitives.WriteInt32BigEndian(entry[4..], (int)batch.Acks);
            BinaryPrimitives.WriteInt64BigEndian(entry[8..], batch.BaseOffset);
            BinaryPrimitives.WriteInt64BigEndian(entry[16..], batch.FirstSequence);
            BinaryPrimitives.WriteInt32BigEndian(entry[24..], batch.Count);
            RandomAccess.Write(file, entry, _end);
            _end += EntrySize;
        }

        public void Dispose() => file.Dispose();
    }

    /// <summary>Stores a few numbers at fixed positions. Not thread-safe.</summary>
    internal sealed class Numbers(SafeFileHandle file) : IDisposable
    {
        internal void Set(int index, long value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(bytes, value);
            RandomAccess.Write(file, bytes, index * 8L);
        }

        public void Dispose() => file.Dispose();
    }
}
