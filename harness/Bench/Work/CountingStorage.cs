using System.Collections.Concurrent;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// Counts flushes to the disk, and can skip them for a log that will be deleted.
/// Thread-safe.
/// </summary>
internal sealed class CountingStorage(IStorage inner) : ForwardingStorage(inner)
{
    private const int MostNames = 64;

    private readonly ConcurrentQueue<string> _flushed = new();
    private int _fileFlushes;
    private int _directoryFlushes;
    private volatile bool _skipsFlushes;

    /// <summary>
    /// Gets the flushed paths in order, at most 64; a directory ends with a slash.
    /// </summary>
    internal IReadOnlyCollection<string> Flushed => _flushed;

    /// <summary>Gets the number of fdatasync calls.</summary>
    internal int FileFlushes => Volatile.Read(ref _fileFlushes);

    /// <summary>Gets the number of fsync calls on directories.</summary>
    internal int DirectoryFlushes => Volatile.Read(ref _directoryFlushes);

    /// <summary>
    /// Gets or sets whether flushes are skipped. Flushing a log of gigabytes before its
    /// deletion would keep the disk busy during the next run.
    /// </summary>
    internal bool SkipsFlushes
    {
        get => _skipsFlushes;
        set => _skipsFlushes = value;
    }

    public override IoResult Open(string path, FileOpening opening, out IStorageFile? file)
    {
        IoResult result = Inner.Open(path, opening, out IStorageFile? opened);
        file = opened is null ? null : new CountingFile(this, path, opened);
        return result;
    }

    public override IoResult SyncDirectory(string path)
    {
        Interlocked.Increment(ref _directoryFlushes);
        Note($"{path}/");
        return _skipsFlushes ? IoResult.Ok : Inner.SyncDirectory(path);
    }

    private void Note(string path)
    {
        if (_flushed.Count < MostNames)
        {
            _flushed.Enqueue(path);
        }
    }

    private sealed class CountingFile(CountingStorage owner, string path, IStorageFile inner) : ForwardingFile(inner)
    {
        public override IoResult FlushData()
        {
            Interlocked.Increment(ref owner._fileFlushes);
            owner.Note(path);
            return owner._skipsFlushes ? IoResult.Ok : Inner.FlushData();
        }
    }
}
