namespace Zurau.Engine.Storage;

/// <summary>
/// Stores files in one data directory on Linux. The directory is locked against other
/// processes (ours and Apache Kafka's). Tested on ext4, XFS and tmpfs; other file
/// systems are refused unless explicitly allowed.
/// </summary>
#pragma warning disable RS0030 // Only here: listing a directory uses the base library.
public sealed unsafe class FileStorage : IStorage
{
    private const long Ext4Magic = 0xEF53;
    private const long XfsMagic = 0x58465342;
    private const long TmpfsMagic = 0x01021994;
    private const int DirectoryMode = 0x1ED; // rwxr-xr-x
    private const int FileMode = 0x1A4; // rw-r--r--

    private readonly DirectoryLock _lock;
    private readonly bool _allowAnyFileSystem;
    private bool _hasLargePages;
    private bool _isStoreSafe;

    /// <summary>Sets the directory; nothing is accessed before <see cref="Acquire"/>.</summary>
    /// <param name="directory">A path, absolute or relative to the working directory.</param>
    /// <param name="allowAnyFileSystem">Accepts file systems on which durability was not
    /// tested.</param>
    public FileStorage(string directory, bool allowAnyFileSystem = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        Directory = Path.GetFullPath(directory);
        _allowAnyFileSystem = allowAnyFileSystem;
        _lock = new DirectoryLock(Directory);
    }

    /// <summary>
    /// Returns whether file systems are accepted on which durability was not tested.
    /// </summary>
    public bool AllowsAnyFileSystem => _allowAnyFileSystem;

    /// <summary>The directory's full path.</summary>
    public string Directory { get; }

    /// <inheritdoc/>
    public string Description => Directory;

    /// <inheritdoc/>
    public void Acquire()
    {
        if (!LinuxNative.IsSupported)
        {
            throw new StorageException("The embedded engine stores files on 64-bit Linux only for now; use 'embedded::memory:' under WSL or a container elsewhere.");
        }

        try
        {
            System.IO.Directory.CreateDirectory(Directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The data directory '{Directory}' cannot be made: {exception.Message} Name another one in 'bootstrap.servers' (embedded:PATH).", 0, exception);
        }

        CheckFileSystem();
        _lock.Acquire();
    }

    /// <inheritdoc/>
    public IoResult Open(string path, FileOpening opening, out IStorageFile? file)
    {
        int flags = LinuxNative.OpenReadWrite | LinuxNative.OpenCloseOnExec | opening switch
        {
            FileOpening.New => LinuxNative.OpenCreate | LinuxNative.OpenExclusive,
            FileOpening.Truncated => LinuxNative.OpenCreate | LinuxNative.OpenTruncate,
            _ => 0,
        };
        int descriptor = LinuxNative.Open(FullPath(path), flags, FileMode);
        IoResult result = LinuxNative.Check(descriptor);
        file = result.IsOk ? new LinuxFile(descriptor, _hasLargePages, _isStoreSafe) : null;
        return result;
    }

    /// <inheritdoc/>
    public IoResult Rename(string from, string to) => LinuxNative.Check(LinuxNative.Rename(FullPath(from), FullPath(to)));

    /// <inheritdoc/>
    public IoResult Delete(string path) => LinuxNative.Check(LinuxNative.Unlink(FullPath(path)));

    /// <inheritdoc/>
    public IoResult CreateDirectory(string path) => LinuxNative.Check(LinuxNative.MakeDirectory(FullPath(path), DirectoryMode));

    /// <inheritdoc/>
    public IoResult DeleteDirectory(string path)
    {
        IoResult result = List(path, out IReadOnlyList<string> names);
        foreach (string name in names)
        {
            result = Delete($"{path}/{name}");
            if (!result.IsOk && result != IoResult.NotFound)
            {
                return result;
            }
        }

        return result.IsOk || result == IoResult.NotFound ? LinuxNative.Check(LinuxNative.RemoveDirectory(FullPath(path))) : result;
    }

    /// <inheritdoc/>
    public IoResult List(string path, out IReadOnlyList<string> names)
    {
        names = [];
        try
        {
            string[] found = [.. new DirectoryInfo(FullPath(path)).EnumerateFileSystemInfos().Select(static entry => entry.Name)];
            Array.Sort(found, StringComparer.Ordinal);
            names = found;
            return IoResult.Ok;
        }
        catch (DirectoryNotFoundException)
        {
            return IoResult.NotFound;
        }
        catch (UnauthorizedAccessException)
        {
            return new IoResult(13);
        }
        catch (IOException)
        {
            return IoResult.DeviceError;
        }
    }

    /// <inheritdoc/>
    public long LastWriteMs(string path)
    {
        var file = new FileInfo(FullPath(path));
        return file.Exists ? new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeMilliseconds() : -1;
    }

    /// <inheritdoc/>
    public IoResult SyncDirectory(string path)
    {
        int descriptor = LinuxNative.Open(FullPath(path), LinuxNative.OpenReadOnly | LinuxNative.OpenDirectory | LinuxNative.OpenCloseOnExec, 0);
        if (descriptor < 0)
        {
            return LinuxNative.Check(descriptor);
        }

        IoResult result = LinuxNative.Check(LinuxNative.Flush(descriptor));
        _ = LinuxNative.Close(descriptor);
        return result;
    }

    /// <inheritdoc/>
    public void Release() => _lock.Release();

    private string FullPath(string path) => path.Length == 0 ? Directory : $"{Directory}/{path}";

    private void CheckFileSystem()
    {
        byte* buffer = stackalloc byte[LinuxNative.StatfsSize];
        LinuxNative.Check(LinuxNative.FileSystem(Directory, buffer)).ThrowIfFailed($"Asking for the file system of '{Directory}'");
        long magic = *(long*)buffer;
        if (!_allowAnyFileSystem && magic is not (Ext4Magic or XfsMagic or TmpfsMagic))
        {
            throw new StorageException($"The data directory '{Directory}' is on a file system (type 0x{magic:x}) on which durability was not proven; use ext4, XFS or tmpfs, or set 'allow.any.file.system=true' in the section 'Embedded' of the configuration.");
        }

        _hasLargePages = HasLargePages(magic, Environment.OSVersion.Version);
        _isStoreSafe = magic is Ext4Magic or TmpfsMagic || (magic == XfsMagic && !MayShareBlocks());
    }

    /// <summary>
    /// Returns whether files of this XFS may share blocks (reflinks, which a plain copy
    /// creates): a store to a shared block needs a new one, and a copy can be made at any
    /// time. True if the file system does not report it.
    /// </summary>
    private bool MayShareBlocks()
    {
        int descriptor = LinuxNative.Open(Directory, LinuxNative.OpenReadOnly | LinuxNative.OpenDirectory | LinuxNative.OpenCloseOnExec, 0);
        if (descriptor < 0)
        {
            return true;
        }

        byte* geometry = stackalloc byte[LinuxNative.XfsGeometrySize];
        bool isKnown = LinuxNative.Control(descriptor, LinuxNative.XfsGeometry, geometry) >= 0;
        uint flags = *(uint*)(geometry + LinuxNative.XfsGeometryFlags);
        _ = LinuxNative.Close(descriptor);
        return !isKnown || (flags & LinuxNative.XfsReflinks) != 0;
    }

    // XFS has large page cache folios since Linux 5.18, ext4 since 6.16; tmpfs depends
    // on its mount options.
    internal static bool HasLargePages(long fileSystem, Version kernel) => fileSystem switch
    {
        Ext4Magic => kernel >= new Version(6, 16),
        XfsMagic => kernel >= new Version(5, 18),
        _ => false,
    };
}
