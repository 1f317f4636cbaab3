namespace Zurau.Engine.Storage;

/// <summary>
/// Guards a data directory by its ownership: once released, every operation is refused,
/// so that unfinished work of a closed engine cannot access a directory that another
/// engine may have acquired. Thread-safe.
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
