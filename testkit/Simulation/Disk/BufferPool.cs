using System.Numerics;
using System.Runtime.InteropServices;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Provides zeroed memory in powers of two from 4 KiB to 2 GiB (less a byte) for all
/// disks of the process. Reserves address space in large pieces; pages are allocated at
/// the first access, so a mapping of a whole segment needs memory only for the bytes that
/// are stored. Thread-safe.
/// </summary>
internal static unsafe partial class BufferPool
{
    private const int SmallestShift = 12;
    private const int LargestShift = 31;
    private const int MaxClearedBytes = 128 * 1024; // Above this size, returning the pages to the kernel is cheaper than storing zeros.
    private const long ArenaBytes = 1L << 30;
    private const int ReadWrite = 3;
    private const int PrivateAnonymousUnreserved = 0x4022;
    private const int DontNeed = 4;
    private const int HugePages = 14;
    private const int NoHugePages = 15;

    private static readonly Lock s_lock = new();
    private static readonly Stack<NativeBuffer>[] s_free = [.. Enumerable.Range(0, LargestShift + 1).Select(static _ => new Stack<NativeBuffer>())];
    private static byte* s_arena; // This and the following field are guarded by s_lock.
    private static long s_arenaLeft;

    /// <summary>Returns zeroed memory of at least a number of bytes.</summary>
    internal static NativeBuffer Take(int bytes)
    {
        int shift = Math.Max(SmallestShift, 32 - BitOperations.LeadingZeroCount((uint)Math.Max(bytes, 1) - 1));
        lock (s_lock)
        {
            return s_free[shift].TryPop(out NativeBuffer? buffer) ? buffer : new NativeBuffer(Carve(1L << shift), (int)Math.Min(1L << shift, int.MaxValue));
        }
    }

    /// <summary>
    /// Returns memory of at least a number of bytes with the same content; returns the
    /// old buffer to the pool if it is too small.
    /// </summary>
    internal static NativeBuffer Regrow(NativeBuffer? old, int bytes)
    {
        if (old is not null && old.Capacity >= bytes)
        {
            return old;
        }

        NativeBuffer grown = Take(bytes);
        if (old is not null)
        {
            old.Span.CopyTo(grown.Span);
            Return(old);
        }

        return grown;
    }

    /// <summary>Returns memory that no thread accesses any more.</summary>
    internal static void Return(NativeBuffer buffer)
    {
        if (buffer.Capacity <= MaxClearedBytes)
        {
            buffer.Span.Clear();
        }
        else
        {
            _ = Advise((nint)buffer.Pointer, (nuint)buffer.Capacity, DontNeed);
        }

        lock (s_lock)
        {
            s_free[buffer.Capacity == int.MaxValue ? LargestShift : BitOperations.Log2((uint)buffer.Capacity)].Push(buffer);
        }
    }

    private static byte* Carve(long bytes)
    {
        if (s_arenaLeft < bytes)
        {
            long size = Math.Max(ArenaBytes, bytes);
            nint address = Map(0, (nuint)size, ReadWrite, PrivateAnonymousUnreserved, -1, 0);
            if (address == -1)
            {
                throw new OutOfMemoryException("No address space is left for simulated disks. Dispose the disks that are no longer used.");
            }

            // Almost all of a 2 GiB buffer is only read, or not accessed.
            _ = Advise(address, (nuint)size, bytes < 1L << LargestShift ? NoHugePages : HugePages);
            s_arena = (byte*)address;
            s_arenaLeft = size;
        }

        byte* start = s_arena;
        s_arena += bytes;
        s_arenaLeft -= bytes;
        return start;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
