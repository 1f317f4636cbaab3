namespace Zurau.Testing.Simulation;

/// <summary>What the machine does to a run of the scenario 'log'.</summary>
internal static class LogTrouble
{
    private const int BlockSize = 4096;
    private const int LengthPosition = 10;
    private const int ChecksumPosition = 17;

    internal static void Do(LogLife life, LogOp op)
    {
        World world = life.World;
        SimDisk disk = world.Disk;
        switch (op.Kind)
        {
            case LogOpKind.Writeback:
                disk.Writeback(op.Count);
                return;
            case LogOpKind.ClockStep:
                world.Time.StepWall(TimeSpan.FromMilliseconds(op.Ms));
                return;
            case LogOpKind.SlowFlush:
                disk.Faults.SlowFlushes(op.Share, TimeSpan.FromMilliseconds(op.Ms));
                return;
            case LogOpKind.Heal:
                life.Owner.Heal();
                return;
        }

        if (op.Kind == LogOpKind.FlipBit)
        {
            FlipBit(life, op);
            return;
        }

        life.Owner.HasFaults = life.Owner.HadFaults = true;
        switch (op.Kind)
        {
            case LogOpKind.Quota:
                disk.Faults.QuotaBytes = disk.UsedBytes + ((long)op.Count * BlockSize);
                break;
            case LogOpKind.FailFlush:
                disk.Faults.Fail(DiskOperation.Flush, DiskFaults.InputOutputError, op.Count, path: "*.log");
                break;
            case LogOpKind.BreakSector:
                if (life.ClosedSegment(op.Partition, op.Share) is { } path && disk.ReadFile(path) is { Length: > 0 } bytes)
                {
                    disk.Faults.BreakSector(path, (long)(op.Share * bytes.Length));
                    world.Probe("unreadable sector");
                }

                break;
            case LogOpKind.FailCalls:
                disk.Faults.FailAtRate((DiskOperation)op.Count, op.Errno, op.Share);
                break;
            default:
                throw new InvalidOperationException($"'{op.Kind}' is no trouble.");
        }
    }

    /// <summary>Turns over a bit of a full segment that a checksum covers, or of a batch's length. (Base offset and epoch have no checksum in the format.)</summary>
    private static void FlipBit(LogLife life, LogOp op)
    {
        SimDisk disk = life.World.Disk;
        if (life.ClosedSegment(op.Partition, op.Share) is not { } path || disk.ReadFile(path) is not { } bytes)
        {
            return;
        }

        ReadOnlySpan<byte> rest = bytes;
        if (!WireBatch.TryTake(ref rest, out WireBatch batch))
        {
            return;
        }

        int position = op.Count == 1 ? LengthPosition : ChecksumPosition + (int)(op.Share * (batch.Bytes.Length - ChecksumPosition));
        life.Owner.Model.Partitions[op.Partition].IsDamaged = true;
        disk.Faults.FlipBit(path, position, op.Count % 8);
        life.World.Probe("bit flipped");
    }
}
