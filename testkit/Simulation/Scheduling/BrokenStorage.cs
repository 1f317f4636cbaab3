using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>A storage for mutants: it omits operations that the engine requests, as if the engine had not requested them.</summary>
internal sealed class BrokenStorage(IStorage inner) : IStorage
{
    /// <summary>True if directory flushes report success without being executed.</summary>
    internal bool SkipsDirectorySync { get; init; }

    /// <summary>True if a flush of a log file reports success immediately and is executed by the next one.</summary>
    internal bool DefersFlush { get; init; }

    /// <summary>True if a failed flush of a log file is attempted again and its second result is returned.</summary>
    internal bool RetriesFlush { get; init; }

    public string Description => inner.Description;

    public void Acquire() => inner.Acquire();

    public void Release() => inner.Release();

    public IoResult Open(string path, FileOpening opening, out IStorageFile? file)
    {
        IoResult result = inner.Open(path, opening, out file);
        bool isLog = path.EndsWith(".log", StringComparison.Ordinal) || path.EndsWith(".spare", StringComparison.Ordinal);
        file = file is null || !isLog ? file : new BrokenFile(this, file);
        return result;
    }

    public IoResult Rename(string from, string to) => inner.Rename(from, to);

    public IoResult Delete(string path) => inner.Delete(path);

    public IoResult CreateDirectory(string path) => inner.CreateDirectory(path);

    public IoResult DeleteDirectory(string path) => inner.DeleteDirectory(path);

    public IoResult List(string path, out IReadOnlyList<string> names) => inner.List(path, out names);

    public IoResult SyncDirectory(string path) => SkipsDirectorySync ? IoResult.Ok : inner.SyncDirectory(path);

    private sealed class BrokenFile(BrokenStorage storage, IStorageFile file) : IStorageFile
    {
        private bool _owesFlush;

        public IoResult Length(out long length) => file.Length(out length);

        public IoResult Read(long position, Span<byte> buffer, out int read) => file.Read(position, buffer, out read);

        public IoResult Write(long position, ReadOnlySpan<byte> bytes) => file.Write(position, bytes);

        public IoResult Allocate(long position, long length) => file.Allocate(position, length);

        public IoResult SetLength(long length) => file.SetLength(length);

        public IoResult FlushData()
        {
            if (storage.DefersFlush && !_owesFlush)
            {
                _owesFlush = true;
                return IoResult.Ok;
            }

            _owesFlush = false;
            IoResult result = file.FlushData();
            return !result.IsOk && storage.RetriesFlush ? file.FlushData() : result;
        }

        public IoResult Map(int length, out MappedRegion? region) => file.Map(length, out region);

        public void Dispose() => file.Dispose();
    }
}
