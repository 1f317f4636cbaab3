namespace Zurau.Testing.Simulation;

/// <summary>
/// What goes wrong on a disk that stays powered. Faults belong to the disk: a restart of the process does not end them,
/// <see cref="Heal"/> does. Thread-safe.
/// </summary>
public sealed class DiskFaults
{
    /// <summary>EIO.</summary>
    public const int InputOutputError = 5;

    /// <summary>ENOSPC.</summary>
    public const int NoSpace = 28;

    /// <summary>EROFS.</summary>
    public const int ReadOnly = 30;

    private readonly SimDisk _disk;
    private readonly SimRandom _random;
    private readonly List<FaultRule> _rules = []; // Guarded by the disk's gate, as is all here.
    private double _slowFlushRate;
    private TimeSpan _slowestFlush;

    internal DiskFaults(SimDisk disk, SimRandom random)
    {
        _disk = disk;
        _random = random;
    }

    /// <summary>Bytes that all files may have together, in blocks of 4 KiB; null for no limit. Whatever needs more is refused with ENOSPC.</summary>
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
    /// Makes calls fail. A failed <see cref="DiskOperation.Flush"/> with EIO does what Linux does: each dirty page is written or not, all are
    /// clean afterwards, and a second flush succeeds without them.
    /// </summary>
    /// <param name="operations">Which calls.</param>
    /// <param name="errno">Their answer.</param>
    /// <param name="onCall">The first call that fails, counted from 1 among those that match.</param>
    /// <param name="times">How many fail from there on; <see cref="int.MaxValue"/> for all until <see cref="Heal"/>.</param>
    /// <param name="path">Which paths, with <c>*</c> and <c>?</c>; null for all. A renamed file has its new path.</param>
    public void Fail(DiskOperation operations, int errno, int onCall = 1, int times = 1, string? path = null) =>
        Add(new FaultRule(operations, errno, onCall, times, 1, path));

    /// <summary>Makes calls fail with a probability, until <see cref="Heal"/>.</summary>
    /// <param name="operations">Which calls.</param>
    /// <param name="errno">Their answer.</param>
    /// <param name="rate">The probability of each call.</param>
    /// <param name="path">Which paths, with <c>*</c> and <c>?</c>; null for all.</param>
    public void FailAtRate(DiskOperation operations, int errno, double rate, string? path = null) =>
        Add(new FaultRule(operations, errno, 1, int.MaxValue, rate, path));

    /// <summary>Makes flushes take time, which <see cref="SimDisk.Delaying"/> hears of.</summary>
    /// <param name="rate">The probability of each flush.</param>
    /// <param name="longest">The longest delay.</param>
    public void SlowFlushes(double rate, TimeSpan longest)
    {
        lock (_disk.Gate)
        {
            (_slowFlushRate, _slowestFlush) = (rate, longest);
        }
    }

    /// <summary>
    /// Makes the 512-byte sector at a position unreadable: reads that reach it answer EIO, as does bringing its page into memory. Writing the
    /// sector mends it, as on a real disk. A load through a map that did not ask first is not noticed; on a real machine it is a SIGBUS.
    /// </summary>
    public void BreakSector(string path, long position) => _disk.WithFile(path, file => file.BadSectors.Add(position));

    /// <summary>Turns one bit over, on the disk and for processes: bit rot. <see cref="Heal"/> does not turn it back.</summary>
    public void FlipBit(string path, long position, int bit) => _disk.WithFile(path, file => file.FlipBit(checked((int)position), bit));

    /// <summary>Turns one random bit of a file over; returns its position.</summary>
    /// <exception cref="ArgumentException">The file is empty.</exception>
    public long FlipRandomBit(string path)
    {
        long position = -1;
        _disk.WithFile(path, file =>
        {
            if (file.Length == 0)
            {
                throw new ArgumentException($"'{path}' is empty: it has no bit to turn over.", nameof(path));
            }

            position = _random.Next(file.Length);
            file.FlipBit((int)position, _random.Next(8));
        });
        return position;
    }

    /// <summary>Ends all faults: calls succeed, the quota is gone, sectors can be read.</summary>
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

    /// <summary>The error number that a call is to answer; 0 for none. Every rule counts the call.</summary>
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

    /// <summary>Whether a page is written by a flush that fails, and other choices of a fault.</summary>
    internal bool NextBool() => _random.NextBool();

    private void Add(FaultRule rule)
    {
        lock (_disk.Gate)
        {
            _rules.Add(rule);
        }
    }
}
