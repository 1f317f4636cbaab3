using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>A mapping of a simulated file: its memory is the file's cache, so stores and loads cost what they cost on a real one.</summary>
internal sealed unsafe class SimRegion(SimStorage life, DiskFile file, byte* pointer, int length) : MappedRegion(pointer, length)
{
    private int _isUnmapped;

    internal DiskFile File => file;

    internal SimStorage Life => life;

    public override void PopulateForWrite(int position, int length)
    {
        // Pages are there, or come by themselves.
    }

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _isUnmapped, 1) == 0)
        {
            life.Unmapped(file);
        }
    }
}
