namespace Zurau.Testing.Simulation;

/// <summary>What the machine does to a run of the scenario 'log'.</summary>
internal static class LogTrouble
{
    private const int BlockSize = 4096;

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

        life.Owner.HasFaults = life.Owner.HadFaults = true;
        switch (op.Kind)
        {
            case LogOpKind.Quota:
                disk.Faults.QuotaBytes = disk.UsedBytes + ((long)op.Count * BlockSize);
                break;
            case LogOpKind.FailFlush:
                disk.Faults.Fail(DiskOperation.Flush, DiskFaults.InputOutputError, op.Count, path: "*.log");
                break;
            case LogOpKind.FailCalls:
                disk.Faults.FailAtRate((DiskOperation)op.Count, op.Errno, op.Share);
                break;
            default:
                throw new InvalidOperationException($"'{op.Kind}' is no trouble.");
        }
    }
}
