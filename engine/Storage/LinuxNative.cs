using System.Runtime.InteropServices;

namespace Zurau.Engine.Storage;

/// <summary>
/// Linux system calls that .NET does not expose: .NET ignores some fsync errors and
/// cannot fsync a directory.
/// </summary>
internal static unsafe partial class LinuxNative
{
    internal const int OpenReadOnly = 0;
    internal const int OpenReadWrite = 2;
    internal const int OpenCreate = 0x40;
    internal const int OpenExclusive = 0x80;
    internal const int OpenTruncate = 0x200;
    internal const int OpenDirectory = 0x10000;
    internal const int OpenCloseOnExec = 0x80000;
    /// <summary>
    /// The maximum number of calls if signals interrupt it; each interrupted call is
    /// repeated immediately.
    /// </summary>
    internal const int MostTries = 1_000;

    internal const int ErrorInterrupted = 4;
    internal const int ErrorAgain = 11;
    internal const int ErrorFault = 14;
    internal const int ErrorInvalid = 22;
    internal const int ProtectReadWrite = 3;
    internal const int MapShared = 1;
    internal const int LargePages = 14; // MADV_HUGEPAGE: 2 MiB pages in the page cache, if the file system supports them.
    internal const int PopulateRead = 22; // MADV_POPULATE_READ, from Linux 5.14 on.
    internal const int PopulateWrite = 23; // MADV_POPULATE_WRITE, from Linux 5.14 on.
    internal const int LockExclusive = 2;
    internal const int LockNoWait = 4;
    internal const int FcntlSetOpenFileLock = 37;
    internal const short FcntlWriteLock = 1;

    // struct statfs of 64-bit Linux is 120 bytes and begins with the magic number of the file system.
    internal const int StatfsSize = 256;

    // XFS_IOC_FSGEOMETRY_V4, _IOR('X', 124, struct xfs_fsop_geom_v4): the flags are at
    // byte 92.
    internal const nuint XfsGeometry = 0x8070587C;
    internal const int XfsGeometrySize = 112;
    internal const int XfsGeometryFlags = 92;
    internal const uint XfsReflinks = 1 << 20; // XFS_FSOP_GEOM_FLAGS_REFLINK

    internal static bool IsSupported => OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>struct flock of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Flock
    {
        internal short Type;
        internal short Whence;
        internal long Start;
        internal long Length;
        internal int Pid;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    internal static partial int Duplicate(int fd);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Seek(int fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    internal static partial nint Read(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint Write(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int Allocate(int fd, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Truncate(int fd, long length);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int FlushData(int fd);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Flush(int fd);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Map(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    internal static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RemoveDirectory(string path);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeDirectory(string path, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int LockFile(int fd, int operation);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Fcntl(int fd, int command, Flock* argument);

    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int FileSystem(string path, byte* buffer);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(int fd, nuint request, byte* argument);

    /// <summary>Converts a return value (-1 for failure) into a result.</summary>
    internal static IoResult Check(long answer) => answer < 0 ? new IoResult(Marshal.GetLastPInvokeError()) : IoResult.Ok;
}
