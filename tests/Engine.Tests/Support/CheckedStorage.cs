using Zurau.Engine.Storage;

namespace Engine.Tests.Support;

/// <summary>Runs the structural check whenever a broker has shut down cleanly.</summary>
internal sealed class CheckedStorage(IStorage inner) : IStorage
{
    public string Description => inner.Description;

    public void Acquire() => inner.Acquire();

    public void Release()
    {
        Soundness.AssertSoundIfClosed(new StorageFiles(inner));
        inner.Release();
    }

    public IoResult Open(string path, FileOpening opening, out IStorageFile? file) => inner.Open(path, opening, out file);

    public IoResult Rename(string from, string to) => inner.Rename(from, to);

    public IoResult Delete(string path) => inner.Delete(path);

    public IoResult CreateDirectory(string path) => inner.CreateDirectory(path);

    public IoResult DeleteDirectory(string path) => inner.DeleteDirectory(path);

    public IoResult List(string path, out IReadOnlyList<string> names) => inner.List(path, out names);

    public IoResult SyncDirectory(string path) => inner.SyncDirectory(path);
}
