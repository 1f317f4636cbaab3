namespace Zurau.Engine.Storage;

/// <summary>A shared mapping of Linux.</summary>
internal sealed unsafe class LinuxMappedRegion(byte* pointer, int length) : MappedRegion(pointer, length)
{
    private int _isUnmapped;

    public override void PopulateForWrite(int position, int length)
    {
        // Never a store to touch a page: where the file has just been cut that would kill the process; the call only fails.
        nint start = (nint)(Pointer + position) & ~(nint)(Environment.SystemPageSize - 1);
        _ = LinuxNative.Advise(start, (nuint)((nint)(Pointer + position + length) - start), LinuxNative.PopulateWrite);
    }

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _isUnmapped, 1) == 0)
        {
            _ = LinuxNative.Unmap((nint)Pointer, (nuint)Length);
        }
    }
}
