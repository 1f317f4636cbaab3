using Zurau.Engine.Storage;

namespace Engine.Tests.Support;

/// <summary>
/// A storage that ignores all changes after a given number: the state that a kill at
/// that point leaves.
/// </summary>
internal sealed class FrozenStorage(IStorage inner, int changes) : IStorage
{
    private int _left = changes;

    internal bool IsFrozen => Volatile.Read(ref _left) < 0;

    public string Description => inner.Description;

    public void Acquire() => inner.Acquire();

    public void Release() => inner.Release();

    public IoResult Open(string path, FileOpening opening, out IStorageFile? file)
    {
        file = null;
        if (opening != FileOpening.Existing && !MayChange())
        {
            return IoResult.DeviceError;
        }

        IoResult result = inner.Open(path, opening, out IStorageFile? opened);
        file = opened is null ? null : new FrozenFile(this, opened);
        return result;
    }

    public IoResult Rename(string from, string to) => MayChange() ? inner.Rename(from, to) : IoResult.DeviceError;

    public IoResult Delete(string path) => MayChange() ? inner.Delete(path) : IoResult.DeviceError;

    public IoResult CreateDirectory(string path) => MayChange() ? inner.CreateDirectory(path) : IoResult.DeviceError;

    public IoResult DeleteDirectory(string path) => MayChange() ? inner.DeleteDirectory(path) : IoResult.DeviceError;

    public IoResult List(string path, out IReadOnlyList<string> names) => inner.List(path, out names);

    public IoResult SyncDirectory(string path) => MayChange() ? inner.SyncDirectory(path) : IoResult.DeviceError;

    private bool MayChange() => Interlocked.Decrement(ref _left) >= 0;

    private sealed class FrozenFile(FrozenStorage storage, IStorageFile file) : IStorageFile
    {
        public IoResult Length(out long length) => file.Length(out length);

        public IoResult Read(long position, Span<byte> buffer, out int read) => file.Read(position, buffer, out read);

        public IoResult Write(long position, ReadOnlySpan<byte> bytes) => storage.MayChange() ? file.Write(position, bytes) : IoResult.DeviceError;

        public IoResult Allocate(long position, long length) => storage.MayChange() ? file.Allocate(position, length) : IoResult.DeviceError;

        public IoResult SetLength(long length) => storage.MayChange() ? file.SetLength(length) : IoResult.DeviceError;

        public IoResult FlushData() => storage.MayChange() ? file.FlushData() : IoResult.DeviceError;

        public IoResult Map(int length, out MappedRegion? region) => file.Map(length, out region);

        public void Dispose() => file.Dispose();
    }
}
