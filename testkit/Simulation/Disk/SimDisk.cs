using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// The disk of one simulated machine: it outlives processes and power. Files have a cache, which is what processes see and what their maps
/// are, and an image of what has reached the disk. The same seed and the same calls give the same bytes. Thread-safe; stores through maps
/// are nobody's business until a flush, writeback or crash looks at them.
/// </summary>
public sealed class SimDisk : IDisposable
{
    private const int ChunkSize = 32;
    private readonly SimRandom _crashes;
    private readonly SimRandom _writebacks;
    private readonly SimRandom _lies;
    private readonly EntryJournal _journal = new();
    private readonly List<NativeBuffer> _dead = []; // Memory of maps of dead processes.
    private int _lives;
    private int _filesMade;
    private int _sweepAt = 64;

    /// <summary>Makes an empty disk.</summary>
    /// <param name="random">Where its choices come from; the disk takes what it needs at once.</param>
    /// <param name="profile">How kind it is when the power fails.</param>
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

    /// <summary>How kind it is.</summary>
    public DiskProfile Profile { get; }

    /// <summary>What goes wrong while the power is there.</summary>
    public DiskFaults Faults { get; }

    /// <summary>Hears of every operation before it is done, on the thread that does it: a switch point. Opening a missing file is a creation.</summary>
    public Action<DiskCall>? Calling { get; set; }

    /// <summary>Hears of every write when its bytes are there and the call has not returned: who kills here may pass it to <see cref="Kill"/>.</summary>
    public Action<CopyInFlight>? Writing { get; set; }

    /// <summary>Hears how long a slow flush takes, before it has any effect.</summary>
    public Action<TimeSpan>? Delaying { get; set; }

    /// <summary>Hears the error number of each call that a fault makes fail, or that finds the disk full.</summary>
    internal Action<int>? Failing { get; set; }

    /// <summary>Bytes that files have in blocks of 4 KiB.</summary>
    public long UsedBytes => Space.UsedBytes;

    internal Lock Gate { get; } = new();

    internal SimStorage? Life { get; private set; }

    internal DiskNames Names { get; }

    internal DiskSpace Space { get; } = new();

    internal List<DiskFile> Files { get; } = []; // In the order in which they were made.

    /// <summary>Begins a process. One that still runs is killed first, with no copy in flight.</summary>
    public IStorage Boot()
    {
        lock (Gate)
        {
            End([]);
            Sweep();
            return Life = new SimStorage(this, ++_lives);
        }
    }

    /// <summary>
    /// Kills the process (kill -9). Every store and write that was made stays, but for what each copy in flight loses. Its threads may
    /// still run: their calls throw <see cref="ProcessDeadException"/>, and their maps are memory that nobody reads.
    /// </summary>
    /// <exception cref="SimulationFailure">It had stored where a real machine has no memory.</exception>
    public void Kill(IReadOnlyList<CopyInFlight> copies)
    {
        ArgumentNullException.ThrowIfNull(copies);
        lock (Gate)
        {
            End(copies);
        }
    }

    /// <summary>Cuts the power: as <see cref="Kill"/>, and of what was not flushed the profile decides what is on the disk.</summary>
    /// <exception cref="SimulationFailure">The process had stored where a real machine has no memory.</exception>
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

    /// <summary>Does what the kernel does at any time: brings some dirty pages to the disk. Returns how many there were to bring.</summary>
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

    /// <summary>Reads a file that is there when the machine looks; null where there is none.</summary>
    public byte[]? ReadFile(string path)
    {
        lock (Gate)
        {
            return Names.Find(path) is DiskFile file ? Bytes(file, DiskImage.Cache) : null;
        }
    }

    /// <summary>
    /// Gives the memory of dead processes' maps to others. Call it when none of their threads runs any more; until then it is kept, at worst
    /// until the disk is disposed.
    /// </summary>
    public void ReclaimDead()
    {
        lock (Gate)
        {
            _dead.ForEach(BufferPool.Return);
            _dead.Clear();
        }
    }

    /// <summary>Gives all memory back. No thread of any of its processes may run.</summary>
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

    /// <summary>A flush that fails: each page is written or not, and the kernel holds all for clean.</summary>
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

    /// <summary>A descriptor, map or name of a file is gone; with the last one its blocks go.</summary>
    internal void Closed(DiskFile file)
    {
        if (file.Handles == 0)
        {
            file.IsWritebackErrorSeen = true; // The kernel may forget the file, and with it what nobody was told.
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

    /// <summary>Ends the life that runs: its maps are cut off first, so that nothing its threads still do is seen.</summary>
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

    /// <summary>Puts back what a copy had not brought yet: nothing, all, all behind some point, or any subset.</summary>
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

    /// <summary>Drops files that no process and no power loss can bring back.</summary>
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
