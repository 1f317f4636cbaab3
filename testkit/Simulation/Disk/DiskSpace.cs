namespace Zurau.Testing.Simulation;

/// <summary>
/// Counts the blocks of a disk against its quota. Guarded by the disk's lock.
/// </summary>
internal sealed class DiskSpace
{
    internal const long Unlimited = long.MaxValue;

    internal long QuotaBytes { get; set; } = Unlimited;

    internal long UsedBytes { get; private set; }

    internal bool IsFull => UsedBytes + DiskFile.PageSize > QuotaBytes;

    internal bool TryTake()
    {
        if (IsFull)
        {
            return false;
        }

        Take();
        return true;
    }

    /// <summary>Counts a block that exists, also above the quota.</summary>
    internal void Take() => UsedBytes += DiskFile.PageSize;

    internal void Return(int blocks) => UsedBytes -= (long)blocks * DiskFile.PageSize;
}
