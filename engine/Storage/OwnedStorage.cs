namespace Zurau.Engine.Storage;

/// <summary>
/// A data directory for as long as its owner has it: once released, every operation is refused, so that nothing that is still under way in
/// a closed engine touches a directory that another one may have by then. Thread-safe.
/// </summary>
internal sealed class OwnedStorage(IStorage inner) : IStorage
{
    private volatile bool _isReleased;

    public string Description => inner.Description;

    public void Acquire() => inner.Acquire();

    public void Release()
    {
        _isReleased = true;
        inner.Release();
    }

    public IoResult Open(string path, FileOpening opening, out IStorageFile? file)
    {
        file = null;
        return _isReleased ? IoResult.Closed : inner.Open(path, opening, out file);
    }

    public IoResult Rename(string from, string to) => _isReleased ? IoResult.Closed : inner.Rename(from, to);

    public IoResult Delete(string path) => _isReleased ? IoResult.Closed : inner.Delete(path);

    public IoResult CreateDirectory(string path) => _isReleased ? IoResult.Closed : inner.CreateDirectory(path);

    public IoResult DeleteDirectory(string path) => _isReleased ? IoResult.Closed : inner.DeleteDirectory(path);

    public IoResult List(string path, out IReadOnlyList<string> names)
    {
        names = [];
        return _isReleased ? IoResult.Closed : inner.List(path, out names);
    }

    public long LastWriteMs(string path) => _isReleased ? -1 : inner.LastWriteMs(path);

    public IoResult SyncDirectory(string path) => _isReleased ? IoResult.Closed : inner.SyncDirectory(path);
}
