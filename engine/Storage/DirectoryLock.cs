namespace Zurau.Engine.Storage;

/// <summary>
/// Locks a data directory against other engines: ours and Apache Kafka's, in this
/// process and in others. Not thread-safe, except for <see cref="Release"/>.
/// </summary>
#pragma warning disable RS0030 // The real name of a linked lock file is read with the base library.
internal sealed unsafe class DirectoryLock(string directory)
{
    private const string FileName = ".lock";
    private const int FileMode = 0x1A4; // rw-r--r--
    private const int PermissionDenied = 13;
    private static readonly HashSet<string> s_held = new(StringComparer.Ordinal); // Lock files of this process, by their real paths; guarded by itself.
    private string? _heldPath;
    private int _descriptor = -1;

    /// <exception cref="StorageException">It is locked already, or cannot be locked.</exception>
    internal void Acquire()
    {
        int descriptor = LinuxNative.Open($"{directory}/{FileName}", LinuxNative.OpenReadWrite | LinuxNative.OpenCreate | LinuxNative.OpenCloseOnExec, FileMode);
        LinuxNative.Check(descriptor).ThrowIfFailed($"Opening the lock file of the data directory '{directory}'");

        string path = File.ResolveLinkTarget($"/proc/self/fd/{descriptor}", returnFinalTarget: false)?.FullName ?? $"{directory}/{FileName}";

        // .NET uses flock, Java's FileChannel.lock uses a fcntl lock: neither detects the
        // other. The fcntl lock belongs to this open file (OFD), not to the process, so that a
        // second attempt in this process does not release it when it closes its own file.
        var wholeFile = new LinuxNative.Flock { Type = LinuxNative.FcntlWriteLock };
        if (LinuxNative.LockFile(descriptor, LinuxNative.LockExclusive | LinuxNative.LockNoWait) < 0
            || LinuxNative.Fcntl(descriptor, LinuxNative.FcntlSetOpenFileLock, &wholeFile) < 0)
        {
            IoResult result = LinuxNative.Check(-1);
            _ = LinuxNative.Close(descriptor);
            throw result.Errno is LinuxNative.ErrorAgain or PermissionDenied
                ? new StorageException(InUse(path), result.Errno)
                : new StorageException($"The data directory '{directory}' cannot be locked: {result}.", result.Errno);
        }

        _descriptor = descriptor;
        _heldPath = path;
        lock (s_held)
        {
            s_held.Add(path);
        }
    }

    /// <summary>Unlocks the directory; does nothing if it is not locked.</summary>
    internal void Release()
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            lock (s_held)
            {
                s_held.Remove(_heldPath!);
            }

            _ = LinuxNative.Close(descriptor);
        }
    }

    private string InUse(string path)
    {
        lock (s_held)
        {
            return s_held.Contains(path)
                ? $"The data directory '{directory}' is in use by this process: another engine has it open. Use that one, dispose it first, or name another directory in 'bootstrap.servers' (embedded:PATH)."
                : $"The data directory '{directory}' is in use by another process; stop that one, or name another directory in 'bootstrap.servers' (embedded:PATH).";
        }
    }
}
