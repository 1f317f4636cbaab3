using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Simulates the disk of one machine, over process restarts and power losses. A file has
/// a cache, which processes read and map, and the bytes that have reached the disk. The
/// same seed and the same calls give the same bytes. Thread-safe; stores through mappings
/// are detected at the next flush, writeback or crash.
/// </summary>
public sealed class SimDisk : IDisposable
{
    private const int ChunkSize = 32;
    private readonly SimRandom _crashes;
    private readonly SimRandom _writebacks;
    private readonly SimRandom _lostFlushes;
    private readonly EntryJournal _journal = new();
    private readonly List<NativeBuffer> _dead = []; // Memory of mappings of dead processes.
    private int _processRuns;
    private int _filesMade;
    private int _sweepAt = 64;

    /// <summary>Creates an empty disk.</summary>
    /// <param name="random">The source of random choices, used only by the
    /// constructor.</param>
    /// <param name="profile">What the disk may lose at a power loss.</param>
    public SimDisk(SimRandom random, DiskProfile profile)
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(profile);
        Profile = profile;
        _crashes = random.Fork();
        _writebacks = random.Fork();
        _lostFlushes = random.Fork();
        Faults = new DiskFaults(this, random.Fork());
        Names = new DiskNames(_journal, Space, CreateFile, Closed);
    }

    /// <summary>
    /// Gets the profile, which specifies what the disk may lose at a power loss.
    /// </summary>
    public DiskProfile Profile { get; }

    /// <summary>Gets the faults that can be injected while the disk has power.</summary>
    public DiskFaults Faults { get; }

    /// <summary>
    /// Gets or sets a callback that runs before every operation, on the calling thread
    /// and without a lock. A scheduler may switch threads in it.
    /// </summary>
    public Action<DiskCall>? Calling { get; set; }

    /// <summary>
    /// Gets or sets a callback that runs in every write, after the bytes are copied and
    /// before the call returns. To kill the process during the write, pass the copy to
    /// <see cref="Kill"/>.
    /// </summary>
    public Action<CopyInFlight>? Writing { get; set; }

    /// <summary>
    /// Gets or sets a callback that runs before a slow flush, with its delay.
    /// </summary>
    public Action<TimeSpan>? Delaying { get; set; }

    /// <summary>
    /// Called with the error number of each call that fails because of a fault or a full
    /// disk.
    /// </summary>
    internal Action<int>? Failing { get; set; }

    /// <summary>
    /// Gets the total size of all files in bytes, counted in blocks of 4 KiB.
    /// </summary>
    public long UsedBytes => Space.UsedBytes;

    internal Lock Gate { get; } = new();

    internal SimStorage? Running { get; private set; }

    internal DiskNames Names { get; }

    internal DiskSpace Space { get; } = new();

    internal List<DiskFile> Files { get; } = []; // In order of creation.

    /// <summary>
    /// Starts a process and returns its storage. Before that, kills the previous process
    /// if it is running.
    /// </summary>
    public IStorage Boot()
    {
        lock (Gate)
        {
            End([]);
            Sweep();
            return Running = new SimStorage(this, ++_processRuns);
        }
    }

    /// <summary>
    /// Kills the process, as <c>kill -9</c> does. All completed stores and writes
    /// survive; a copy in flight may be lost in part. Threads of the process may still
    /// run: their calls throw <see cref="ProcessDeadException"/>, and their stores
    /// through mappings have no effect.
    /// </summary>
    /// <param name="copies">The copies that threads of the process are executing.</param>
    /// <exception cref="SimulationFailure">A store of the process reached a position that
    /// has no memory on a real machine.</exception>
    public void Kill(IReadOnlyList<CopyInFlight> copies)
    {
        ArgumentNullException.ThrowIfNull(copies);
        lock (Gate)
        {
            End(copies);
        }
    }

    /// <summary>
    /// Kills the process as <see cref="Kill"/> does, then loses unflushed changes as the
    /// profile allows.
    /// </summary>
    /// <param name="copies">The copies that threads of the process are executing.</param>
    /// <exception cref="SimulationFailure">A store of the process reached a position that
    /// has no memory on a real machine.</exception>
    public void PowerLoss(IReadOnlyList<CopyInFlight> copies)
    {
        ArgumentNullException.ThrowIfNull(copies);
        lock (Gate)
        {
            End(copies);
            var effects = new PowerLossEffects(Profile, _crashes);
            foreach (DiskFile file in Files)
            {
                effects.Apply(file);
            }

            _journal.LosePower(Profile.Entries, _crashes);
            Sweep();
        }
    }

    /// <summary>
    /// Writes up to a number of dirty pages to the disk, as the kernel may do at any
    /// time. Returns the number of pages that were dirty before.
    /// </summary>
    public int Writeback(int pages)
    {
        lock (Gate)
        {
            return new PageWriter(Profile, _writebacks, Faults).Write(Files, pages);
        }
    }

    /// <summary>Returns a copy of all files, of the cache by default.</summary>
    public DiskSnapshot Snapshot(DiskImage image = DiskImage.Cache)
    {
        lock (Gate)
        {
            var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
            Collect(Names.Root, "", image, files);
            return new DiskSnapshot(files);
        }
    }

    /// <summary>
    /// Returns the bytes of a file in the cache; null if it does not exist.
    /// </summary>
    public byte[]? ReadFile(string path)
    {
        lock (Gate)
        {
            return Names.Find(path) is DiskFile file ? Bytes(file, DiskImage.Cache) : null;
        }
    }

    /// <summary>
    /// Frees the memory of mappings of dead processes. Call it only after all their
    /// threads have ended; <see cref="Dispose"/> frees the rest.
    /// </summary>
    public void ReclaimDead()
    {
        lock (Gate)
        {
            _dead.ForEach(BufferPool.Return);
            _dead.Clear();
        }
    }

    /// <summary>
    /// Frees all memory. Call it only after all threads of the processes have ended.
    /// </summary>
    public void Dispose()
    {
        lock (Gate)
        {
            Running = null;
            Files.ForEach(static file => file.Free());
            Files.Clear();
            ReclaimDead();
        }
    }

    internal void WithFile(string path, Action<DiskFile> action)
    {
        lock (Gate)
        {
            action(Names.Find(path) as DiskFile ?? throw new ArgumentException($"The simulated disk has no file '{path}'.", nameof(path)));
        }
    }

    internal void Flush(DiskFile file)
    {
        if (IsLost())
        {
            return;
        }

        bool commitsEntries = Profile.FlushCommitsEntries && (file.DurableParent is null || file.IsSizePending);
        file.CommitTruncation();
        foreach (int page in file.DirtyPages())
        {
            file.WritePage(page);
        }

        file.CommitSize();
        if (commitsEntries)
        {
            _journal.Commit();
        }
    }

    /// <summary>
    /// Executes a failed flush: writes a random subset of the dirty pages and marks all
    /// clean.
    /// </summary>
    internal void LoseDirtyPages(DiskFile file)
    {
        file.CommitTruncation();
        foreach (int page in file.DirtyPages())
        {
            if (Faults.NextBool())
            {
                file.WritePage(page);
            }
            else
            {
                file.LosePage(page);
            }
        }
    }

    internal IoResult SyncDirectory(string path)
    {
        IoResult result = Names.FindDirectory(path, out DiskDirectory? directory);
        if (result.IsOk && !IsLost())
        {
            if (Profile.FlushCommitsEntries)
            {
                _journal.Commit();
            }
            else
            {
                _journal.Commit(directory!);
            }

            if (Files.Count > _sweepAt)
            {
                Sweep();
            }
        }

        return result;
    }

    /// <summary>
    /// Called after a descriptor, mapping or name of a file was removed; frees its blocks
    /// after the last one.
    /// </summary>
    internal void Closed(DiskFile file)
    {
        if (file.Handles == 0)
        {
            file.IsWritebackErrorSeen = true; // The kernel may drop the inode and, with it, an unreported error.
            if (file.Regions == 0 && file.Parent is null)
            {
                file.ReturnBlocks();
            }
        }
    }

    private DiskFile CreateFile()
    {
        var file = new DiskFile(Space, _filesMade++);
        Files.Add(file);
        return file;
    }

    private bool IsLost() => Profile.LostFlushRate > 0 && _lostFlushes.NextBool(Profile.LostFlushRate);

    /// <summary>
    /// Ends the running process: detaches its mappings first, so that later stores of its
    /// threads have no effect.
    /// </summary>
    private void End(IReadOnlyList<CopyInFlight> copies)
    {
        Running = null;
        foreach (DiskFile file in Files)
        {
            if (file.FreezeCache() is { } old)
            {
                _dead.Add(old);
            }

            Closed(file);
        }

        foreach (CopyInFlight copy in copies)
        {
            LoseChunks(copy);
        }
    }

    /// <summary>
    /// Reverts a random part of a copy in flight: nothing, all, a tail, or any subset of
    /// chunks.
    /// </summary>
    private void LoseChunks(CopyInFlight copy)
    {
        int chunks = (copy.Length + ChunkSize - 1) / ChunkSize;
        int way = _crashes.Next(8);
        int kept = way switch { 0 => 0, 1 => chunks, _ => _crashes.Next(chunks + 1) };
        int length = Math.Min(copy.Length, copy.File.Length - (int)copy.Position);
        for (int chunk = 0; chunk < chunks && chunk * ChunkSize < length; chunk++)
        {
            bool isKept = way < 4 ? chunk < kept : _crashes.NextBool();
            if (!isKept)
            {
                int from = chunk * ChunkSize;
                ReadOnlySpan<byte> before = copy.Before.Span[from..Math.Min(from + ChunkSize, length)];
                before.CopyTo(copy.File.CacheAt((int)copy.Position + from, before.Length));
            }
        }
    }

    /// <summary>Frees files that can no longer become visible to a process.</summary>
    private void Sweep()
    {
        var kept = new HashSet<DiskNode>(_journal.PendingNodes);
        foreach (DiskDirectory directory in kept.OfType<DiskDirectory>().Prepend(Names.Root).ToArray())
        {
            Mark(directory, kept);
        }

        Files.RemoveAll(file =>
        {
            bool isUnreachable = file.Handles == 0 && file.Regions == 0 && !kept.Contains(file);
            if (isUnreachable)
            {
                file.Free();
            }

            return isUnreachable;
        });
        _sweepAt = (2 * Files.Count) + 64;
    }

    private static void Mark(DiskDirectory directory, HashSet<DiskNode> kept)
    {
        kept.Add(directory);
        foreach (DiskNode node in directory.Entries.Values.Concat(directory.Durable.Values))
        {
            if (kept.Add(node) && node is DiskDirectory inner)
            {
                Mark(inner, kept);
            }
        }
    }

    private static void Collect(DiskDirectory directory, string prefix, DiskImage image, SortedDictionary<string, byte[]> files)
    {
        foreach ((string name, DiskNode node) in image == DiskImage.Cache ? directory.Entries : directory.Durable)
        {
            if (node is DiskFile file)
            {
                files[prefix + name] = Bytes(file, image);
            }
            else
            {
                Collect((DiskDirectory)node, $"{prefix}{name}/", image, files);
            }
        }
    }

    private static byte[] Bytes(DiskFile file, DiskImage image)
    {
        byte[] bytes = new byte[image == DiskImage.Cache ? file.Length : file.DurableLength];
        if (image == DiskImage.Cache)
        {
            file.ReadCache(0, bytes);
        }
        else
        {
            file.ReadDurable(0, bytes);
        }

        return bytes;
    }
}
