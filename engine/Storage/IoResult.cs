namespace Zurau.Engine.Storage;

/// <summary>
/// The result of a file operation: an error number of Linux, 0 for success.
/// </summary>
public readonly record struct IoResult(int Errno)
{
    /// <summary>No such file (ENOENT).</summary>
    public static readonly IoResult NotFound = new(2);

    /// <summary>Read or write error of the device (EIO).</summary>
    public static readonly IoResult DeviceError = new(5);

    /// <summary>The file exists already (EEXIST).</summary>
    public static readonly IoResult Exists = new(17);

    /// <summary>No space left (ENOSPC).</summary>
    public static readonly IoResult NoSpace = new(28);

    /// <summary>The process has reached its descriptor limit (EMFILE).</summary>
    public static readonly IoResult TooManyOpenFiles = new(24);

    /// <summary>The directory was released (EBADF).</summary>
    public static readonly IoResult Closed = new(9);

    /// <summary>Success.</summary>
    public static IoResult Ok => default;

    /// <summary>True on success.</summary>
    public bool IsOk => Errno == 0;

    /// <summary>
    /// True if the process or the system (ENFILE) has no descriptor left; the operation was
    /// not started.
    /// </summary>
    public bool IsOutOfDescriptors => Errno is 23 or 24;

    /// <summary>
    /// True for a shortage that may end by itself: space, quota, descriptors or memory
    /// (ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM, EAGAIN), or an interrupted call (EINTR).
    /// </summary>
    public bool IsShortage => Errno is 28 or 122 or 23 or 24 or 12 or 11 or 4;

    /// <summary>
    /// True if the failed flush reported no lost page, so that a later flush can still
    /// write everything.
    /// </summary>
    internal bool IsFlushRepeatable => IsOutOfDescriptors || Errno == 4;

    /// <summary>Converts "no such file" into success, for deletions.</summary>
    internal IoResult UnlessNotFound() => this == NotFound ? Ok : this;

    /// <summary>Converts "the directory exists already" into success.</summary>
    internal IoResult UnlessExists() => this == Exists ? Ok : this;

    /// <summary>
    /// Throws if the operation failed; the message names the operation and its object.
    /// </summary>
    /// <exception cref="StorageException">The operation failed.</exception>
    public void ThrowIfFailed(string doing)
    {
        if (!IsOk)
        {
            throw new StorageException($"{doing} failed: {this}.", Errno);
        }
    }

    /// <summary>Returns the operating system's error text and the remedy.</summary>
    public override string ToString() => Errno switch
    {
        0 => "no error",
        1 or 13 => $"permission denied (errno {Errno}); give this user write access",
        2 => "no such file or directory (errno 2)",
        5 => "the device reported an input/output error (errno 5); check the disk",
        4 => "a signal interrupted the call (errno 4); try again",
        12 => "the system is out of memory (errno 12); free memory",
        9 => "the engine is closed (errno 9)",
        17 => "the file exists already (errno 17)",
        23 or 24 => $"too many open files (errno {Errno}); raise the limit (ulimit -n)",
        28 or 122 => $"no space is left (errno {Errno}); free space",
        30 => "the file system is read-only (errno 30)",
        95 => "the file system cannot preallocate (errno 95); use ext4, XFS or tmpfs",
        _ => $"errno {Errno}",
    };
}
