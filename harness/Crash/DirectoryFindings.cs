using Zurau.Harness.Inspection;
using Zurau.Testing.Simulation;

namespace Zurau.Harness.Crash;

/// <summary>The structural check of a simulated disk. A file that a failing disk would not delete is no finding: the next start does.</summary>
internal static class DirectoryFindings
{
    internal static string? Of(SimDisk disk)
    {
        CheckReport? report = DirectoryCheck.Run(new SnapshotFiles(disk.Snapshot()));
        return report is null ? null
            : report.Findings.Concat(report.Notes).Where(static finding => finding.Kind != FindingKind.Leftover).ToArray() is { Length: > 0 } findings ? string.Join("; ", findings.AsEnumerable())
            : null;
    }
}
