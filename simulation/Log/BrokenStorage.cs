using Zurau.Engine.Storage;

namespace Zurau.Simulation;

/// <summary>
/// A storage for mutants. Omits operations, as if the engine had not requested them.
/// </summary>
internal sealed class BrokenStorage(IStorage inner) : ForwardingStorage(inner)
{
    /// <summary>True if directory flushes report success without being executed.</summary>
    internal bool SkipsDirectorySync { get; init; }

    /// <summary>
    /// True if a flush of a log file reports success immediately and is executed by the
    /// next flush.
    /// </summary>
    internal bool DefersFlush { get; init; }

    /// <summary>
    /// True if a failed flush of a log file is attempted again and its second result is
    /// returned.
    /// </summary>
    internal bool RetriesFlush { get; init; }

    public override IoResult Open(string path, FileOpening opening, out IStorageFile? file)
    {
        IoResult result = Inner.Open(path, opening, out file);
        bool isLog = path.EndsWith(".log", StringComparison.Ordinal) || path.EndsWith(".spare", StringComparison.Ordinal);
        file = file is null || !isLog ? file : new BrokenFile(this, file);
        return result;
    }

    public override IoResult SyncDirectory(string path) => SkipsDirectorySync ? IoResult.Ok : Inner.SyncDirectory(path);

    private sealed class BrokenFile(BrokenStorage storage, IStorageFile file) : ForwardingFile(file)
    {
        private bool _owesFlush;

        public override IoResult FlushData()
        {
            if (storage.DefersFlush && !_owesFlush)
            {
                _owesFlush = true;
                return IoResult.Ok;
            }

            _owesFlush = false;
            IoResult result = Inner.FlushData();
            return !result.IsOk && storage.RetriesFlush ? Inner.FlushData() : result;
        }
    }
}
