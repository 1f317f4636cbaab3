using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Simulates the disk of one machine: it survives the end of processes and power losses. A file has a cache, which processes see and map,
/// and an image of the bytes that have reached the disk. The same seed and the same calls give the same bytes. Thread-safe; stores through
/// mappings are noticed at the next flush, writeback or crash.
/// </summary>
public sealed class SimDisk : IDisposable
{
    private const int ChunkSize = 32;
    private readonly SimRandom _crashes;
    private readonly SimRandom _writebacks;
    private readonly SimRandom _lies;
    private readonly EntryJournal _journal = new();
    private readonly List<NativeBuffer> _dead = []; // Memory of mappings of dead processes.
    private int _processRuns;
    private int _filesMade;
    private int _sweepAt = 64;

    /// <summary>Creates an empty disk.</summary>
    /// <param name="random">The source of its random choices. The constructor draws all that it needs.</param>
    /// <param name="profile">What it may lose at a power loss.</param>
    public SimDisk(SimRandom random, DiskProfile profile)
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(profile);
        Profile = profile;
        _crashes = random.Fork();
        _writebacks = random.Fork();
        _lies = random.Fork();
        Faults = new DiskFaults(this, random.Fork());
        Names = new DiskNames(_journal, Space, CreateFile, Closed);
    }

    /// <summary>Gets the profile: what the disk may lose at a power loss.</summary>
    public DiskProfile Profile { get; }

    /// <summary>Gets the faults of the disk while it has power.</summary>
    public DiskFaults Faults { get; }

    /// <summary>
    /// Gets or sets a callback before every operation, on the thread of the caller: a point for switching threads. Opening a missing file
    /// is a creation.
    /// </summary>
    public Action<DiskCall>? Calling { get; set; }

    /// <summary>
    /// Gets or sets a callback in every write, after its bytes are copied and before the call returns. To kill the process here, pass the
    /// copy to <see cref="Kill"/>.
    /// </summary>
    public Action<CopyInFlight>? Writing { get; set; }

    /// <summary>Gets or sets a callback with the duration of a slow flush, before the flush has any effect.</summary>
    public Action<TimeSpan>? Delaying { get; set; }

    /// <summary>A callback with the error number of each call that fails because of a fault or a full disk.</summary>
    internal Action<int>? Failing { get; set; }

    /// <summary>Gets the bytes that files use, in blocks of 4 KiB.</summary>
    public long UsedBytes => Space.UsedBytes;

    internal Lock Gate { get; } = new();

    internal SimStorage? Life { get; private set; }

    internal DiskNames Names { get; }

    internal DiskSpace Space { get; } = new();

    internal List<DiskFile> Files { get; } = []; // In order of creation.

    /// <summary>Starts a process and returns its storage. Kills a process that is still running first, with no copy in flight.</summary>
    public IStorage Boot()
    {
        lock (Gate)
        {
            End([]);
            Sweep();
            return Life = new SimStorage(this, ++_processRuns);
        }
    }

    /// <summary>
    /// Kills the process (kill -9). Every finished store and write survives; each copy in flight may lose a part. Its threads may still
    /// run: their calls throw <see cref="ProcessDeadException"/>, and stores through their mappings have no effect.
    /// </summary>
    /// <exception cref="SimulationFailure">A store of the process reached a position that has no memory on a real machine.</exception>
    public void Kill(IReadOnlyList<CopyInFlight> copies)
    {
        ArgumentNullException.ThrowIfNull(copies);
        lock (Gate)
        {
            End(copies);
        }
    }

    /// <summary>Cuts the power: as <see cref="Kill"/>, and the profile decides which unflushed changes survive.</summary>
    /// <exception cref="SimulationFailure">A store of the process reached a position that has no memory on a real machine.</exception>
    public void PowerLoss(IReadOnlyList<CopyInFlight> copies)
    {
        ArgumentNullException.ThrowIfNull(copies);
        lock (Gate)
        {
            End(copies);
            var cut = new PowerCut(Profile, _crashes);
            foreach (DiskFile file in Files)
            {
                cut.Apply(file);
            }

            _journal.CutPower(Profile.Entries, _crashes);
            Sweep();
        }
    }

    /// <summary>Writes some dirty pages to the disk, as the kernel may do at any time. Returns the number of pages that were dirty.</summary>
    public int Writeback(int pages)
    {
        lock (Gate)
        {
            return new PageWriter(Profile, _writebacks, Faults).Write(Files, pages);
        }
    }

    /// <summary>Copies all files.</summary>
    public DiskSnapshot Snapshot(DiskImage image = DiskImage.Cache)
    {
        lock (Gate)
        {
            var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
            Collect(Names.Root, "", image, files);
            return new DiskSnapshot(files);
        }
    }

    /// <summary>Reads a file that processes see; returns null if it does not exist.</summary>
    public byte[]? ReadFile(string path)
    {
        lock (Gate)
        {
            return Names.Find(path) is DiskFile file ? Bytes(file, DiskImage.Cache) : null;
        }
    }

    /// <summary>
    /// Returns the memory of mappings of dead processes to the pool. Call it after all their threads have ended; otherwise the memory is
    /// kept until the disk is disposed.
    /// </summary>
    public void ReclaimDead()
    {
        lock (Gate)
        {
            _dead.ForEach(BufferPool.Return);
            _dead.Clear();
        }
    }

    /// <summary>Frees all memory. No thread of any of its processes may be running.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            Life = null;
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
        file.CommitCut();
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

    /// <summary>Does what a failed flush does: each page is written or not, and all are marked clean.</summary>
    internal void LoseDirtyPages(DiskFile file)
    {
        file.CommitCut();
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

    /// <summary>Called after a descriptor, mapping or name of a file was removed; frees its blocks after the last one.</summary>
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

    private bool IsLost() => Profile.LostFlushRate > 0 && _lies.NextBool(Profile.LostFlushRate);

    /// <summary>Ends the running process: detaches its mappings first, so that later stores of its threads have no effect.</summary>
    private void End(IReadOnlyList<CopyInFlight> copies)
    {
        Life = null;
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

    /// <summary>Reverts what a copy in flight had not copied: nothing, all, all after some point, or any subset.</summary>
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

    /// <summary>Frees files that no process and no power loss can make visible again.</summary>
    private void Sweep()
    {
        var kept = new HashSet<DiskNode>(_journal.PendingNodes);
        foreach (DiskDirectory directory in kept.OfType<DiskDirectory>().Prepend(Names.Root).ToArray())
        {
            Mark(directory, kept);
        }

        Files.RemoveAll(file =>
        {
            bool isGone = file.Handles == 0 && file.Regions == 0 && !kept.Contains(file);
            if (isGone)
            {
                file.Free();
            }

            return isGone;
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
