namespace Zurau.Engine.Storage;

/// <summary>How a file operation went: an error number of Linux, 0 for success.</summary>
public readonly record struct IoResult(int Errno)
{
    /// <summary>No such file (ENOENT).</summary>
    public static readonly IoResult NotFound = new(2);

    /// <summary>Read or write error of the device (EIO).</summary>
    public static readonly IoResult DeviceError = new(5);

    /// <summary>The file is there already (EEXIST).</summary>
    public static readonly IoResult Exists = new(17);

    /// <summary>No space left (ENOSPC).</summary>
    public static readonly IoResult NoSpace = new(28);

    /// <summary>The process has all the descriptors that it may have (EMFILE).</summary>
    public static readonly IoResult TooManyOpenFiles = new(24);

    /// <summary>The directory was released (EBADF).</summary>
    public static readonly IoResult Closed = new(9);

    /// <summary>All went well.</summary>
    public static IoResult Ok => default;

    /// <summary>True when all went well.</summary>
    public bool IsOk => Errno == 0;

    /// <summary>True when a descriptor could not be had, of the process or of the system (ENFILE): nothing was begun.</summary>
    public bool IsOutOfDescriptors => Errno is 23 or 24;

    /// <summary>
    /// True when the machine lacked something that may come back by itself: space, quota, descriptors or memory (ENOSPC, EDQUOT, EMFILE, ENFILE,
    /// ENOMEM, EAGAIN), or a signal interrupted the call (EINTR).
    /// </summary>
    public bool IsShortage => Errno is 28 or 122 or 23 or 24 or 12 or 11 or 4;

    /// <summary>True when a flush that failed so was not completed and has told of no lost page, so that a later one makes good for it.</summary>
    internal bool IsFlushRepeatable => IsOutOfDescriptors || Errno == 4;

    /// <summary>Returns success if the failure was that there is no such file: after a deletion that is the same.</summary>
    internal IoResult UnlessNotFound() => this == NotFound ? Ok : this;

    /// <summary>Returns success if the failure was that the directory exists already.</summary>
    internal IoResult UnlessExists() => this == Exists ? Ok : this;

    /// <summary>Throws with what was done to what, where it went wrong.</summary>
    /// <exception cref="StorageException">It did.</exception>
    public void ThrowIfFailed(string doing)
    {
        if (!IsOk)
        {
            throw new StorageException($"{doing} failed: {this}.", Errno);
        }
    }

    /// <summary>The operating system's words and what to do.</summary>
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
