using System.Globalization;
using System.Text;
using Zurau.Engine.Log;

namespace Zurau.Simulation;

/// <summary>Executes the machine faults of a run of the scenario 'log'.</summary>
internal static class LogTrouble
{
    private const int BlockSize = 4096;
    private const int LengthPosition = 10;
    private const int ChecksumPosition = 17;

    internal static void Do(ProcessRun run, CrashOp op, LogModel? model = null)
    {
        World world = run.World;
        SimDisk disk = world.Disk;
        switch (op.Kind)
        {
            case CrashOpKind.Writeback:
                disk.Writeback(op.Count);
                return;
            case CrashOpKind.ClockStep:
                world.Time.StepWall(TimeSpan.FromMilliseconds(op.Ms));
                world.Probe("the wall clock jumps");
                return;
            case CrashOpKind.SlowFlush:
                disk.Faults.SlowFlushes(op.Share, TimeSpan.FromMilliseconds(op.Ms));
                return;
            case CrashOpKind.Heal:
                run.Owner.Heal();
                return;
        }

        if (op.Kind == CrashOpKind.FlipBit)
        {
            FlipBit(run, op, model!);
            return;
        }

        run.Owner.HasFaults = run.Owner.HadFaults = true;
        switch (op.Kind)
        {
            case CrashOpKind.Quota:
                disk.Faults.QuotaBytes = disk.UsedBytes + ((long)op.Count * BlockSize);
                break;
            case CrashOpKind.FailFlush:
                disk.Faults.Fail(DiskOperation.Flush, DiskFaults.InputOutputError, op.Count, path: "*.log");
                break;
            case CrashOpKind.BreakSector:
                if (ClosedSegment(run, op.Partition, op.Share) is { } path && disk.ReadFile(path) is { Length: > 0 } bytes)
                {
                    disk.Faults.BreakSector(path, (long)(op.Share * bytes.Length));
                    world.Probe("unreadable sector");
                }

                break;
            case CrashOpKind.ThrowInDuties:
                world.Faults.DutyThrowRate = op.Share;
                break;
            case CrashOpKind.FailCalls:
                disk.Faults.FailAtRate((DiskOperation)op.Count, op.Errno, op.Share);
                break;
            default:
                throw new InvalidOperationException($"'{op.Kind}' is not a fault. Add it to this method.");
        }
    }

    /// <summary>
    /// Flips a bit of a full segment that a checksum covers, or a bit of a batch length.
    /// Checksums do not cover base offset and leader epoch.
    /// </summary>
    private static void FlipBit(ProcessRun run, CrashOp op, LogModel model)
    {
        SimDisk disk = run.World.Disk;
        if (ClosedSegment(run, op.Partition, op.Share) is not { } path || disk.ReadFile(path) is not { } bytes)
        {
            return;
        }

        ReadOnlySpan<byte> rest = bytes;
        if (!WireBatch.TryTake(ref rest, out WireBatch batch))
        {
            return;
        }

        int position = op.Count == 1 ? LengthPosition : ChecksumPosition + (int)(op.Share * (batch.Bytes.Length - ChecksumPosition));
        model.Partitions[op.Partition].IsDamaged = true;
        disk.Faults.FlipBit(path, position, op.Count % 8);
        run.World.Probe("bit flipped");
    }

    /// <summary>
    /// Returns the path of a full segment below the checkpointed recovery point; null if
    /// none exists. Above it, damage cannot be distinguished from the effects of a crash.
    /// </summary>
    private static string? ClosedSegment(ProcessRun run, int partition, double share)
    {
        string checkpoint = Encoding.UTF8.GetString(run.World.Disk.ReadFile("recovery-point-offset-checkpoint") ?? []);
        string? line = checkpoint.Split('\n').FirstOrDefault(line => line.StartsWith($"{CrashRun.Topic} {partition} ", StringComparison.Ordinal));
        long recoveryPoint = line is null ? 0 : long.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture);
        LogSegment[] segments = run.Broker.FindLog(ProcessRun.Name(partition))?.Segments ?? [];
        LogSegment[] full = [.. segments.Where(segment => segment.Next is { } next && next.BaseOffset < recoveryPoint)];
        return full.Length == 0 ? null : full[(int)(share * full.Length)].Path;
    }
}
