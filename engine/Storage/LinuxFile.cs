namespace Zurau.Engine.Storage;

/// <summary>A Linux file descriptor. Disposing closes it.</summary>
/// <param name="descriptor">The descriptor.</param>
/// <param name="hasLargePages">Whether the file system keeps its page cache in large pages.</param>
/// <param name="isStoreSafe">Whether stores to a mapping never need a new block; see
/// <see cref="MappedRegion.IsStoreSafe"/>.</param>
internal sealed unsafe class LinuxFile(int descriptor, bool hasLargePages = false, bool isStoreSafe = true) : IStorageFile
{
    private int _descriptor = descriptor;

    public IoResult Length(out long length)
    {
        length = LinuxNative.Seek(_descriptor, 0, 2);
        return LinuxNative.Check(length);
    }

    public IoResult Read(long position, Span<byte> buffer, out int read)
    {
        read = 0;
        fixed (byte* start = buffer)
        {
            while (read < buffer.Length)
            {
                nint count = LinuxNative.Read(_descriptor, start + read, (nuint)(buffer.Length - read), position + read);
                if (count == 0)
                {
                    break;
                }

                if (count > 0)
                {
                    read += (int)count;
                    continue;
                }

                IoResult result = LinuxNative.Check(count);
                if (result.Errno != LinuxNative.ErrorInterrupted)
                {
                    return result;
                }
            }
        }

        return IoResult.Ok;
    }

    public IoResult Write(long position, ReadOnlySpan<byte> bytes)
    {
        int written = 0;
        fixed (byte* start = bytes)
        {
            while (written < bytes.Length)
            {
                nint count = LinuxNative.Write(_descriptor, start + written, (nuint)(bytes.Length - written), position + written);
                if (count >= 0)
                {
                    written += (int)count;
                    continue;
                }

                IoResult result = LinuxNative.Check(count);
                if (result.Errno != LinuxNative.ErrorInterrupted)
                {
                    return result;
                }
            }
        }

        return IoResult.Ok;
    }

    public IoResult Allocate(long position, long length) => Retried(() => LinuxNative.Allocate(_descriptor, 0, position, length));

    public IoResult SetLength(long length) => Retried(() => LinuxNative.Truncate(_descriptor, length));

    // An interrupted fdatasync has not yet reported a device error and may be repeated;
    // every other failure is final.
    public IoResult FlushData() => Retried(() => LinuxNative.FlushData(_descriptor));

    public IoResult Map(int length, out MappedRegion? region)
    {
        nint address = LinuxNative.Map(0, (nuint)length, LinuxNative.ProtectReadWrite, LinuxNative.MapShared, _descriptor, 0);
        if (address == -1)
        {
            region = null;
            return LinuxNative.Check(-1);
        }

        region = new LinuxMappedRegion((byte*)address, length, hasLargePages, isStoreSafe);
        return IoResult.Ok;
    }

    public void Dispose()
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            _ = LinuxNative.Close(descriptor);
        }
    }

    private static IoResult Retried(Func<int> call)
    {
        IoResult result = LinuxNative.Check(call());
        for (int tries = 1; tries < LinuxNative.MostTries && result.Errno == LinuxNative.ErrorInterrupted; tries++)
        {
            result = LinuxNative.Check(call());
        }

        return result;
    }
}
