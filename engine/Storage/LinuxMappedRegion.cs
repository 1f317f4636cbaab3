using Zurau.Engine.Common;

namespace Zurau.Engine.Storage;

/// <summary>A shared mapping of Linux.</summary>
/// <param name="pointer">The first byte.</param>
/// <param name="length">Bytes mapped.</param>
/// <param name="hasLargePages">Whether the file system keeps its page cache in large pages.</param>
/// <param name="isStoreSafe">See <see cref="MappedRegion.IsStoreSafe"/>.</param>
/// <param name="populateRead">The madvise value that reads pages; a test passes one
/// that no kernel supports.</param>
internal sealed unsafe class LinuxMappedRegion(byte* pointer, int length, bool hasLargePages = false, bool isStoreSafe = true, int populateRead = LinuxNative.PopulateRead) : MappedRegion(pointer, length)
{
    private int _isUnmapped;

    public override bool IsStoreSafe => isStoreSafe;

    public override bool TryUseLargePages(int position, int length) => hasLargePages && Advise(position, length, LinuxNative.LargePages).IsOk;

    // Never touches a page with a store: after a concurrent truncation a store would
    // kill the process, but the call only fails.
    public override void PopulateForWrite(int position, int length) =>
        Advise(position, length, LinuxNative.PopulateWrite).IgnoreBecause("it only makes a later store faster");

    public override IoResult PopulateForRead(int position, int length)
    {
        IoResult result = Advise(position, length, populateRead);
        for (int tries = 1; tries < LinuxNative.MostTries && result.Errno is (LinuxNative.ErrorInterrupted or LinuxNative.ErrorAgain); tries++)
        {
            result = Advise(position, length, populateRead);
        }

        return result.Errno switch
        {
            LinuxNative.ErrorInvalid => IoResult.Ok, // Kernels before 5.14: the load itself reads the page.
            LinuxNative.ErrorFault => IoResult.DeviceError, // A load would raise SIGBUS: the device failed, or the file was truncated.
            _ => result,
        };
    }

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _isUnmapped, 1) == 0)
        {
            _ = LinuxNative.Unmap((nint)Pointer, (nuint)Length);
        }
    }

    private IoResult Advise(int position, int length, int advice)
    {
        nint start = (nint)(Pointer + position) & ~(nint)(Environment.SystemPageSize - 1);
        return LinuxNative.Check(LinuxNative.Advise(start, (nuint)((nint)(Pointer + position + length) - start), advice));
    }
}
