using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Zurau.Engine.Common;

namespace Zurau.Harness.Crash;

/// <summary>
/// What the killed processes knew, kept outside of the data directory: what each writer was about to append and what was acknowledged to it,
/// how far a reader saw each partition, what was about to be committed and what was. Written by pwrite as it happens, so that it survives the
/// kill that the data has to survive. Each file has one writer thread.
/// </summary>
internal sealed class KillRunExpected(string directory)
{
    /// <summary>Where what was acknowledged begins in a writer's file.</summary>
    internal const int EntriesStart = 64;
    private const int EntrySize = 32;

    /// <summary>An acknowledged batch.</summary>
    internal readonly record struct Acknowledged(int Partition, Acks Acks, long BaseOffset, long FirstSequence, int Count);

    /// <summary>How many records a writer has begun to append, over all its lives.</summary>
    internal long Attempted(int writer) => ReadAt(WriterFile(writer), 0);

    /// <summary>Opens a writer's file for one life.</summary>
    internal Writer OpenWriter(int writer) => new(Open(WriterFile(writer)));

    internal Numbers OpenSeen() => new(Open(At("seen")));

    internal Numbers OpenCommits() => new(Open(At("commits")));

    /// <summary>The end of a partition as a reader saw it.</summary>
    internal long Seen(int partition) => ReadAt(At("seen"), partition);

    /// <summary>The offset that a commit was begun for last.</summary>
    internal long CommitAttempted => ReadAt(At("commits"), 0);

    /// <summary>The offset whose commit was answered last.</summary>
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

    /// <summary>What one writer did. One thread.</summary>
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

    /// <summary>A few numbers, each in its place. One thread.</summary>
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
