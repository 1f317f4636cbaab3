using System.Collections.Concurrent;
using Zurau.Engine.Storage;

namespace Zurau.Harness.Bench.Work;

/// <summary>Counts flushes to the disk; can skip them for a log that will be deleted. Thread-safe.</summary>
internal sealed class CountingStorage(IStorage inner) : IStorage
{
    private const int MostNames = 64;

    private readonly ConcurrentQueue<string> _flushed = new();
    private int _fileFlushes;
    private int _directoryFlushes;
    private volatile bool _skipsFlushes;

    /// <summary>Gets the flushed paths in order, at most 64; a directory ends with a slash.</summary>
    internal IReadOnlyCollection<string> Flushed => _flushed;

    /// <summary>Gets the number of fdatasync calls.</summary>
    internal int FileFlushes => Volatile.Read(ref _fileFlushes);

    /// <summary>Gets the number of fsync calls on directories.</summary>
    internal int DirectoryFlushes => Volatile.Read(ref _directoryFlushes);

    /// <summary>
    /// Gets or sets whether flushes are skipped: closing a log of gigabytes that will be deleted would keep the disk busy during the next
    /// run.
    /// </summary>
    internal bool SkipsFlushes
    {
        get => _skipsFlushes;
        set => _skipsFlushes = value;
    }

    public string Description => inner.Description;

    public void Acquire() => inner.Acquire();

    public void Release() => inner.Release();

    public IoResult Open(string path, FileOpening opening, out IStorageFile? file)
    {
        IoResult result = inner.Open(path, opening, out IStorageFile? opened);
        file = opened is null ? null : new CountingFile(this, path, opened);
        return result;
    }

    public IoResult Rename(string from, string to) => inner.Rename(from, to);

    public IoResult Delete(string path) => inner.Delete(path);

    public IoResult CreateDirectory(string path) => inner.CreateDirectory(path);

    public IoResult DeleteDirectory(string path) => inner.DeleteDirectory(path);

    public IoResult List(string path, out IReadOnlyList<string> names) => inner.List(path, out names);

    public long LastWriteMs(string path) => inner.LastWriteMs(path);

    public IoResult SyncDirectory(string path)
    {
        Interlocked.Increment(ref _directoryFlushes);
        Note($"{path}/");
        return _skipsFlushes ? IoResult.Ok : inner.SyncDirectory(path);
    }

    private void Note(string path)
    {
        if (_flushed.Count < MostNames)
        {
            _flushed.Enqueue(path);
        }
    }

    private sealed class CountingFile(CountingStorage owner, string path, IStorageFile inner) : IStorageFile
    {
        public IoResult Length(out long length) => inner.Length(out length);

        public IoResult Read(long position, Span<byte> buffer, out int read) => inner.Read(position, buffer, out read);

        public IoResult Write(long position, ReadOnlySpan<byte> bytes) => inner.Write(position, bytes);

        public IoResult Allocate(long position, long length) => inner.Allocate(position, length);

        public IoResult SetLength(long length) => inner.SetLength(length);

        public IoResult FlushData()
        {
            Interlocked.Increment(ref owner._fileFlushes);
            owner.Note(path);
            return owner._skipsFlushes ? IoResult.Ok : inner.FlushData();
        }

        public IoResult Map(int length, out MappedRegion? region) => inner.Map(length, out region);

        public void Dispose() => inner.Dispose();
    }
}
