using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// The storage of one process run. After the end of the process, closing and unmapping do
/// nothing, and all other calls throw.
/// </summary>
internal sealed class SimStorage(SimDisk disk, int number) : IStorage
{
    private bool _isAcquired; // Guarded by the disk's lock.

    public string Description => $"simulated disk, process run {number}";

    internal SimDisk Disk => disk;

    internal bool IsAlive => disk.Running == this;

    public void Acquire()
    {
        lock (disk.Gate)
        {
            ThrowIfDead();
            if (_isAcquired)
            {
                throw new StorageException("The simulated disk is in use. Release it first, or start another process with Boot.", 11);
            }

            _isAcquired = true;
        }
    }

    public void Release()
    {
        lock (disk.Gate)
        {
            _isAcquired = false;
        }
    }

    public IoResult Open(string path, FileOpening opening, out IStorageFile? file)
    {
        file = null;
        bool exists = Exists(path);
        DiskOperation operation = exists ? DiskOperation.Open : DiskOperation.Create;
        Call(operation, path);
        lock (disk.Gate)
        {
            IoResult result = Enter(operation, path);
            if (!result.IsOk)
            {
                return result;
            }

            result = disk.Names.Open(path, opening, out DiskFile? node);
            if (node is not null)
            {
                file = new SimFile(this, node);
                node.Handles++;
            }

            return result;
        }
    }

    public IoResult Rename(string from, string to)
    {
        Call(DiskOperation.Rename, from);
        lock (disk.Gate)
        {
            IoResult result = Enter(DiskOperation.Rename, from);
            return result.IsOk ? disk.Names.Rename(from, to) : result;
        }
    }

    public IoResult Delete(string path)
    {
        Call(DiskOperation.Delete, path);
        lock (disk.Gate)
        {
            IoResult result = Enter(DiskOperation.Delete, path);
            return result.IsOk ? disk.Names.Delete(path) : result;
        }
    }

    public IoResult CreateDirectory(string path)
    {
        Call(DiskOperation.CreateDirectory, path);
        lock (disk.Gate)
        {
            IoResult result = Enter(DiskOperation.CreateDirectory, path);
            return result.IsOk ? disk.Names.CreateDirectory(path) : result;
        }
    }

    public IoResult DeleteDirectory(string path)
    {
        // As on a real disk, many calls: a crash may happen between any two of them.
        IoResult listed = List(path, out IReadOnlyList<string> names);
        foreach (string name in names)
        {
            IoResult deleted = Delete($"{path}/{name}");
            if (!deleted.IsOk && deleted != IoResult.NotFound)
            {
                return deleted;
            }
        }

        if (!listed.IsOk && listed != IoResult.NotFound)
        {
            return listed;
        }

        Call(DiskOperation.DeleteDirectory, path);
        lock (disk.Gate)
        {
            IoResult result = Enter(DiskOperation.DeleteDirectory, path);
            return result.IsOk ? disk.Names.RemoveDirectory(path) : result;
        }
    }

    public IoResult List(string path, out IReadOnlyList<string> names)
    {
        names = [];
        Call(DiskOperation.List, path);
        lock (disk.Gate)
        {
            IoResult result = Enter(DiskOperation.List, path);
            return result.IsOk ? disk.Names.List(path, out names) : result;
        }
    }

    public IoResult SyncDirectory(string path)
    {
        Call(DiskOperation.SyncDirectory, path);
        Delay();
        lock (disk.Gate)
        {
            IoResult result = Enter(DiskOperation.SyncDirectory, path);
            return result.IsOk ? disk.SyncDirectory(path) : result;
        }
    }

    /// <summary>
    /// Notifies the scheduler of the next operation. Not under the lock, because the
    /// callback may switch threads or kill the process.
    /// </summary>
    internal void Call(DiskOperation operation, DiskFile file, long position = 0, long length = 0)
    {
        if (disk.Calling is { } calling)
        {
            ThrowIfDead();
            calling(new DiskCall(operation, file.Path, position, length));
        }
    }

    internal void Delay()
    {
        TimeSpan delay = disk.Faults.NextFlushDelay();
        if (delay > TimeSpan.Zero)
        {
            disk.Delaying?.Invoke(delay);
        }
    }

    /// <exception cref="ProcessDeadException">The process has ended.</exception>
    internal void ThrowIfDead()
    {
        if (!IsAlive)
        {
            throw new ProcessDeadException();
        }
    }

    internal IoResult Fault(DiskOperation operation, DiskFile file) =>
        disk.Faults.HasRules ? new IoResult(disk.Faults.Next(operation, file.Path)) : IoResult.Ok;

    internal void Unmapped(DiskFile file)
    {
        lock (disk.Gate)
        {
            if (IsAlive)
            {
                file.Regions--;
                disk.Closed(file);
            }
        }
    }

    private void Call(DiskOperation operation, string path)
    {
        if (disk.Calling is { } calling)
        {
            ThrowIfDead();
            calling(new DiskCall(operation, path, 0, 0));
        }
    }

    private IoResult Enter(DiskOperation operation, string path)
    {
        ThrowIfDead();
        return new IoResult(disk.Faults.Next(operation, path));
    }

    private bool Exists(string path)
    {
        lock (disk.Gate)
        {
            return disk.Names.Find(path) is not null;
        }
    }
}
