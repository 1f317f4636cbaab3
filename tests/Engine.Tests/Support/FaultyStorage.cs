using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Support;

/// <summary>Memory whose flushes, writes and allocations can be made to fail.</summary>
internal sealed class FaultyStorage(MemoryStorage inner) : ForwardingStorage(inner)
{
    internal IoResult Flush { get; set; }

    /// <summary>What flushing a file answers, by its path; before <see cref="Flush"/>.</summary>
    internal Func<string, IoResult>? FlushOf { get; set; }

    /// <summary>What flushing a directory answers.</summary>
    internal IoResult DirectoryFlush { get; set; }

    internal IoResult Allocation { get; set; }

    /// <summary>What mapping a file answers.</summary>
    internal IoResult Mapping { get; set; }

    /// <summary>What a write answers when half of its bytes are written.</summary>
    internal IoResult Write { get; set; }

    /// <summary>What making a new file answers.</summary>
    internal IoResult Creation { get; set; }

    /// <summary>Bytes of which file the device cannot read; the path's end is enough.</summary>
    internal (string File, int Position, int Length)? Unreadable { get; set; }

    /// <summary>How often <see cref="Unreadable"/> fails before the device recovers.</summary>
    internal int UnreadableTimes { get; set; } = int.MaxValue;

    /// <summary>Whether mappings may be stored to.</summary>
    internal bool IsStoreSafe { get; set; } = true;

    /// <summary>Called with the path of each file before it is written.</summary>
    internal Action<string>? Writing { get; set; }

    /// <summary>Called with the path of each file before blocks are allocated.</summary>
    internal Action<string>? Allocating { get; set; }

    /// <summary>
    /// What was done to files, in order: <c>truncate</c> or <c>flush</c> and the path.
    /// </summary>
    internal List<string>? Operations { get; set; }

    /// <summary>How often a file was used after it was closed.</summary>
    internal int UsesAfterClose;

    /// <summary>How often memory was asked to be made ready for reading.</summary>
    internal int Populations;

    /// <summary>What a mapping answers that is asked for large pages.</summary>
    internal bool HasLargePages { get; set; }

    /// <summary>For which ranges large pages were asked for.</summary>
    internal List<(int Position, int Length)> LargePages { get; } = [];

    /// <summary>Which ranges were made ready to be stored to.</summary>
    internal List<(int Position, int Length)> PagesForWrite { get; } = [];

    /// <summary>What an operation (lock, flush, rename, delete) on a path throws; null for nothing.</summary>
    internal Func<string, string, Exception?>? Throwing { get; set; }

    /// <summary>
    /// What an operation (open, write, rename, delete) on a path answers; null and success
    /// do it.
    /// </summary>
    internal Func<string, string, IoResult>? Failing { get; set; }

    /// <summary>Files that are open now.</summary>
    internal int OpenFiles;

    /// <summary>How often the directory is locked now.</summary>
    internal int Locks;

    internal int Flushes;
    internal int Writes;
    internal long WrittenBytes;

    public override void Acquire()
    {
        ThrowIfWanted("lock", "");
        Inner.Acquire();
        Interlocked.Increment(ref Locks);
    }

    public override void Release()
    {
        Interlocked.Decrement(ref Locks);
        Inner.Release();
    }

    public override IoResult Open(string path, FileOpening opening, out IStorageFile? file)
    {
        if (opening != FileOpening.Existing && !Creation.IsOk)
        {
            file = null;
            return Creation;
        }

        if (Failing?.Invoke("open", path) is { IsOk: false } failed)
        {
            file = null;
            return failed;
        }

        IoResult result = Inner.Open(path, opening, out IStorageFile? opened);
        file = opened is null ? null : new FaultyFile(this, opened, path);
        Interlocked.Add(ref OpenFiles, opened is null ? 0 : 1);
        return result;
    }

    /// <summary>What a rename answers.</summary>
    internal IoResult RenameResult { get; set; }

    /// <summary>
    /// Called before the flush of a file, with the name under which it was opened.
    /// </summary>
    internal Action<string>? Flushing { get; set; }

    /// <summary>Called before a rename.</summary>
    internal Action<string>? Renaming { get; set; }

    public override IoResult Rename(string from, string to)
    {
        ThrowIfWanted("rename", from);
        Renaming?.Invoke(to);
        if (Failing?.Invoke("rename", from) is { IsOk: false } failed)
        {
            return failed;
        }

        return RenameResult.IsOk ? Inner.Rename(from, to) : RenameResult;
    }

    /// <summary>What deleting a file or directory answers.</summary>
    internal Func<string, IoResult>? Deleting { get; set; }

    public override IoResult Delete(string path)
    {
        ThrowIfWanted("delete", path);
        return (Failing?.Invoke("delete", path) ?? Deleting?.Invoke(path)) is { IsOk: false } failed ? failed : Inner.Delete(path);
    }

    public override IoResult SyncDirectory(string path) => DirectoryFlush.IsOk ? Inner.SyncDirectory(path) : DirectoryFlush;

    private void ThrowIfWanted(string operation, string path)
    {
        if (Throwing?.Invoke(operation, path) is { } exception)
        {
            throw exception;
        }
    }

    private sealed class FaultyFile(FaultyStorage storage, IStorageFile file, string path) : ForwardingFile(file)
    {
        private volatile bool _isClosed;

        public override IoResult Write(long position, ReadOnlySpan<byte> bytes)
        {
            Interlocked.Increment(ref storage.Writes);
            Interlocked.Add(ref storage.WrittenBytes, bytes.Length);
            if (storage.Failing?.Invoke("write", path) is { IsOk: false } failed)
            {
                return failed;
            }

            storage.Writing?.Invoke(path);
            NoteUse();
            return storage.Write.IsOk ? Inner.Write(position, bytes) : HalfOf(position, bytes);
        }

        public override IoResult Allocate(long position, long length)
        {
            storage.Allocating?.Invoke(path);
            NoteUse();
            return storage.Allocation.IsOk ? Inner.Allocate(position, length) : storage.Allocation;
        }

        public override IoResult SetLength(long length)
        {
            NoteUse();
            storage.Operations?.Add($"truncate {path}");
            return Inner.SetLength(length);
        }

        public override IoResult FlushData()
        {
            Interlocked.Increment(ref storage.Flushes);
            storage.Flushing?.Invoke(path);
            storage.ThrowIfWanted("flush", path);
            NoteUse();
            storage.Operations?.Add($"flush {path}");
            IoResult result = storage.FlushOf?.Invoke(path) ?? storage.Flush;
            return result.IsOk ? Inner.FlushData() : result;
        }

        public override IoResult Map(int length, out MappedRegion? region)
        {
            region = null;
            if (!storage.Mapping.IsOk)
            {
                return storage.Mapping;
            }

            IoResult result = Inner.Map(length, out MappedRegion? mapped);
            region = mapped is null ? null : new FaultyRegion(storage, mapped, path);
            return result;
        }

        protected override void Dispose(bool disposing)
        {
            Interlocked.Add(ref storage.OpenFiles, _isClosed ? 0 : -1);
            _isClosed = true;
            Inner.Dispose();
        }

        private void NoteUse()
        {
            if (_isClosed)
            {
                Interlocked.Increment(ref storage.UsesAfterClose);
            }
        }

        private IoResult HalfOf(long position, ReadOnlySpan<byte> bytes)
        {
            _ = Inner.Write(position, bytes[..(bytes.Length / 2)]);
            return storage.Write;
        }
    }

    private sealed unsafe class FaultyRegion(FaultyStorage storage, MappedRegion region, string path) : MappedRegion(region.Pointer, region.Length)
    {
        public override bool IsStoreSafe => storage.IsStoreSafe;

        public override bool TryUseLargePages(int position, int length)
        {
            storage.LargePages.Add((position, length));
            return storage.HasLargePages;
        }

        public override void PopulateForWrite(int position, int length)
        {
            storage.PagesForWrite.Add((position, length));
            region.PopulateForWrite(position, length);
        }

        public override IoResult PopulateForRead(int position, int length)
        {
            Interlocked.Increment(ref storage.Populations);
            bool isUnreadable = storage.Unreadable is { } bad
                && path.EndsWith(bad.File, StringComparison.Ordinal)
                && position < bad.Position + bad.Length
                && bad.Position < position + length;
            if (isUnreadable && storage.UnreadableTimes-- <= 1)
            {
                storage.Unreadable = null;
            }

            return isUnreadable ? IoResult.DeviceError : region.PopulateForRead(position, length);
        }

        protected override void Dispose(bool disposing) => ((IDisposable)region).Dispose();
    }
}
