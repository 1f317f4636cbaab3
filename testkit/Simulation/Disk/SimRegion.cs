using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// A mapping of a simulated file. Its memory is the file's cache, so loads and stores
/// cost what they cost in a real mapping.
/// </summary>
internal sealed unsafe class SimRegion(SimStorage storage, DiskFile file, byte* pointer, int length) : MappedRegion(pointer, length)
{
    private int _isUnmapped;

    internal DiskFile File => file;

    internal SimStorage Storage => storage;

    public override bool TryUseLargePages(int position, int length) => true;

    public override void PopulateForWrite(int position, int length)
    {
        // Pages are resident, or become so at the first access.
    }

    public override IoResult PopulateForRead(int position, int length)
    {
        storage.Call(DiskOperation.Populate, file, position, length);
        lock (storage.Disk.Gate)
        {
            storage.ThrowIfDead();
            int from = position / DiskFile.PageSize * DiskFile.PageSize;
            int pages = DiskFile.PagesOf(position + length);
            int end = (int)Math.Min((long)pages * DiskFile.PageSize, int.MaxValue);
            bool isPastEnd = pages > DiskFile.PagesOf(file.Length);
            return isPastEnd || file.BadSectors.Touches(from, end - from) ? IoResult.DeviceError : storage.Fault(DiskOperation.Populate, file);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _isUnmapped, 1) == 0)
        {
            storage.Unmapped(file);
        }
    }
}
