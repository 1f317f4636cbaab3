using System.Runtime.InteropServices;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Blocks one thread until it gets the token. Uses a futex on Linux, because a switch
/// with the primitives of .NET costs two to six times as much; a semaphore elsewhere. One
/// thread waits, any thread signals.
/// </summary>
internal sealed unsafe partial class TokenSignal
{
    private const int FutexWaitPrivate = 128;
    private const int FutexWakePrivate = 129;
    private static readonly nint s_futex = !OperatingSystem.IsLinux() ? 0 : RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 => 98,
        _ => 0,
    };

    // A separate cache line; never freed, because threads are kept.
    private readonly int* _word = s_futex == 0 ? null : (int*)NativeMemory.AllocZeroed(64);
    private readonly SemaphoreSlim? _semaphore = s_futex == 0 ? new SemaphoreSlim(0) : null;

    internal void Signal()
    {
        if (_semaphore is not null)
        {
            _semaphore.Release();
            return;
        }

        Volatile.Write(ref *_word, 1);
        _ = Call(s_futex, _word, FutexWakePrivate, 1, 0, 0, 0);
    }

    internal void Wait()
    {
        if (_semaphore is not null)
        {
            _semaphore.Wait();
            return;
        }

        while (Interlocked.Exchange(ref *_word, 0) == 0)
        {
            _ = Call(s_futex, _word, FutexWaitPrivate, 0, 0, 0, 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long Call(nint number, int* word, int operation, int value, nint timeout, nint word2, int value3);
}
