namespace Zurau.Engine.Storage;

/// <summary>A shared mapping of Linux.</summary>
internal sealed unsafe class LinuxMappedRegion(byte* pointer, int length) : MappedRegion(pointer, length)
{
    private int _isUnmapped;

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _isUnmapped, 1) == 0)
        {
            _ = LinuxNative.Unmap((nint)Pointer, (nuint)Length);
        }
    }
}
