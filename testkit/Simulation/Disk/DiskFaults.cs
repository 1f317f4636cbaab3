namespace Zurau.Testing.Simulation;

/// <summary>
/// Injects faults into a simulated disk. Faults stay in effect until <see cref="Heal"/>,
/// also when the process restarts. Thread-safe.
/// </summary>
public sealed class DiskFaults
{
    /// <summary>Represents the error number EIO (input/output error).</summary>
    public const int InputOutputError = 5;

    /// <summary>Represents the error number ENOSPC (no space left on device).</summary>
    public const int NoSpace = 28;

    /// <summary>Represents the error number EROFS (read-only file system).</summary>
    public const int ReadOnly = 30;

    private readonly SimDisk _disk;
    private readonly SimRandom _random;
    private readonly List<FaultRule> _rules = []; // Guarded by the disk's lock, as is all state of this class.
    private double _slowFlushRate;
    private TimeSpan _slowestFlush;

    internal DiskFaults(SimDisk disk, SimRandom random)
    {
        _disk = disk;
        _random = random;
    }

    /// <summary>
    /// Gets or sets the limit of the total size of all files in bytes, counted in blocks
    /// of 4 KiB; null (the default) for no limit. A call above the limit fails with
    /// ENOSPC.
    /// </summary>
    public long? QuotaBytes
    {
        get => _disk.Space.QuotaBytes == DiskSpace.Unlimited ? null : _disk.Space.QuotaBytes;
        set
        {
            lock (_disk.Gate)
            {
                _disk.Space.QuotaBytes = value ?? DiskSpace.Unlimited;
            }
        }
    }

    /// <summary>
    /// Makes a number of calls fail. A <see cref="DiskOperation.Flush"/> that fails with
    /// EIO behaves as in Linux: a random subset of the dirty pages is written, all pages
    /// are marked clean, and the next flush succeeds without writing the others.
    /// </summary>
    /// <param name="operations">The classes of calls that fail.</param>
    /// <param name="errno">The error number that they return.</param>
    /// <param name="onCall">The number of the first matching call that fails, counted
    /// from 1.</param>
    /// <param name="times">The number of consecutive matching calls that fail; 1 by
    /// default, <see cref="int.MaxValue"/> for all until <see cref="Heal"/>.</param>
    /// <param name="path">A pattern of paths, with <c>*</c> and <c>?</c>; null for all
    /// paths. A renamed file matches by its new path.</param>
    public void Fail(DiskOperation operations, int errno, int onCall = 1, int times = 1, string? path = null) =>
        Add(new FaultRule(operations, errno, onCall, times, 1, path));

    /// <summary>Makes calls fail with a probability, until <see cref="Heal"/>.</summary>
    /// <param name="operations">The classes of calls that fail.</param>
    /// <param name="errno">The error number that they return.</param>
    /// <param name="rate">The probability that a matching call fails, 0 to 1.</param>
    /// <param name="path">A pattern of paths, with <c>*</c> and <c>?</c>; null for all
    /// paths.</param>
    public void FailAtRate(DiskOperation operations, int errno, double rate, string? path = null) =>
        Add(new FaultRule(operations, errno, 1, int.MaxValue, rate, path));

    /// <summary>
    /// Makes flushes slow. <see cref="SimDisk.Delaying"/> is called with each delay.
    /// </summary>
    /// <param name="rate">The probability that a flush is slow, 0 to 1.</param>
    /// <param name="longest">The longest delay.</param>
    public void SlowFlushes(double rate, TimeSpan longest)
    {
        lock (_disk.Gate)
        {
            (_slowFlushRate, _slowestFlush) = (rate, longest);
        }
    }

    /// <summary>
    /// Makes the 512-byte sector at a byte position unreadable: reading it and populating
    /// its page fail with EIO. Writing the sector repairs it, as on a real disk. A load
    /// from a mapping, which causes a SIGBUS on a real machine, is detected only if the
    /// caller populated the page.
    /// </summary>
    /// <exception cref="ArgumentException">The file does not exist.</exception>
    public void BreakSector(string path, long position) => _disk.WithFile(path, file => file.BadSectors.Add(position));

    /// <summary>
    /// Flips one bit (0 to 7) of the byte at a position, in the cache and on the disk
    /// (bit rot). <see cref="Heal"/> does not restore it.
    /// </summary>
    /// <exception cref="ArgumentException">The file does not exist.</exception>
    public void FlipBit(string path, long position, int bit) => _disk.WithFile(path, file => file.FlipBit(checked((int)position), bit));

    /// <summary>Flips one random bit of a file and returns its byte position.</summary>
    /// <exception cref="ArgumentException">The file does not exist or is empty.</exception>
    public long FlipRandomBit(string path)
    {
        long position = -1;
        _disk.WithFile(path, file =>
        {
            if (file.Length == 0)
            {
                throw new ArgumentException($"'{path}' is empty, so it has no bit to flip. Use a file that has data.", nameof(path));
            }

            position = _random.Next(file.Length);
            file.FlipBit((int)position, _random.Next(8));
        });
        return position;
    }

    /// <summary>
    /// Ends all faults: removes the rules and the quota, and makes all sectors readable.
    /// </summary>
    public void Heal()
    {
        lock (_disk.Gate)
        {
            _rules.Clear();
            _slowFlushRate = 0;
            _disk.Space.QuotaBytes = DiskSpace.Unlimited;
            foreach (DiskFile file in _disk.Files)
            {
                file.BadSectors.Clear();
            }
        }
    }

    internal bool HasRules => _rules.Count > 0;

    /// <summary>
    /// Returns the error number with which a call must fail; 0 for none. Counts the call
    /// in every rule.
    /// </summary>
    internal int Next(DiskOperation operation, string path)
    {
        int errno = 0;
        foreach (FaultRule rule in _rules)
        {
            if (rule.Matches(operation, path, _random) && errno == 0)
            {
                errno = rule.Errno;
            }
        }

        if (errno != 0)
        {
            _disk.Failing?.Invoke(errno);
        }

        return errno;
    }

    internal TimeSpan NextFlushDelay()
    {
        lock (_disk.Gate)
        {
            return _slowFlushRate > 0 && _random.NextBool(_slowFlushRate) ? _slowestFlush * _random.NextDouble() : TimeSpan.Zero;
        }
    }

    /// <summary>
    /// Draws whether a failed flush writes a page, and other choices of a fault.
    /// </summary>
    internal bool NextBool() => _random.NextBool();

    private void Add(FaultRule rule)
    {
        lock (_disk.Gate)
        {
            _rules.Add(rule);
        }
    }
}
