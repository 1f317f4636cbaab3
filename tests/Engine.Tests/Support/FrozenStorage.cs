using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Support;

/// <summary>
/// A storage that ignores all changes after a given number: the state that a kill at
/// that point leaves.
/// </summary>
internal sealed class FrozenStorage(IStorage inner, int changes) : ForwardingStorage(inner)
{
    private int _left = changes;

    internal bool IsFrozen => Volatile.Read(ref _left) < 0;

    public override IoResult Open(string path, FileOpening opening, out IStorageFile? file)
    {
        file = null;
        if (opening != FileOpening.Existing && !MayChange())
        {
            return IoResult.DeviceError;
        }

        IoResult result = Inner.Open(path, opening, out IStorageFile? opened);
        file = opened is null ? null : new FrozenFile(this, opened);
        return result;
    }

    public override IoResult Rename(string from, string to) => MayChange() ? Inner.Rename(from, to) : IoResult.DeviceError;

    public override IoResult Delete(string path) => MayChange() ? Inner.Delete(path) : IoResult.DeviceError;

    public override IoResult CreateDirectory(string path) => MayChange() ? Inner.CreateDirectory(path) : IoResult.DeviceError;

    public override IoResult DeleteDirectory(string path) => MayChange() ? Inner.DeleteDirectory(path) : IoResult.DeviceError;

    public override IoResult SyncDirectory(string path) => MayChange() ? Inner.SyncDirectory(path) : IoResult.DeviceError;

    private bool MayChange() => Interlocked.Decrement(ref _left) >= 0;

    private sealed class FrozenFile(FrozenStorage storage, IStorageFile file) : ForwardingFile(file)
    {
        public override IoResult Write(long position, ReadOnlySpan<byte> bytes) => storage.MayChange() ? Inner.Write(position, bytes) : IoResult.DeviceError;

        public override IoResult Allocate(long position, long length) => storage.MayChange() ? Inner.Allocate(position, length) : IoResult.DeviceError;

        public override IoResult SetLength(long length) => storage.MayChange() ? Inner.SetLength(length) : IoResult.DeviceError;

        public override IoResult FlushData() => storage.MayChange() ? Inner.FlushData() : IoResult.DeviceError;
    }
}
