using Zurau.Engine.Common;

namespace Zurau.Engine.Storage;

/// <summary>A shared mapping of Linux.</summary>
/// <param name="pointer">The first byte.</param>
/// <param name="length">Bytes mapped.</param>
/// <param name="hasLargePages">Whether the file system keeps its page cache in large pages.</param>
/// <param name="isStoreSafe">See <see cref="MappedRegion.IsStoreSafe"/>.</param>
/// <param name="populateRead">The advice that reads pages; a test gives one that no kernel knows.</param>
internal sealed unsafe class LinuxMappedRegion(byte* pointer, int length, bool hasLargePages = false, bool isStoreSafe = true, int populateRead = LinuxNative.PopulateRead) : MappedRegion(pointer, length)
{
    private int _isUnmapped;

    public override bool IsStoreSafe => isStoreSafe;

    public override bool TryUseLargePages(int position, int length) => hasLargePages && Advise(position, length, LinuxNative.LargePages).IsOk;

    // Never a store to touch a page: where the file has just been cut that would kill the process; the call only fails.
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
            LinuxNative.ErrorInvalid => IoResult.Ok, // A kernel before 5.14: the load itself reads the page.
            LinuxNative.ErrorFault => IoResult.DeviceError, // A load would have been a SIGBUS: the device failed, or the file was truncated.
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
