using Zurau.Harness.Inspection;
using Zurau.Testing.Simulation;

namespace Zurau.Harness.Crash;

/// <summary>The structural check of a simulated disk, as the runs want it.</summary>
internal static class DirectoryFindings
{
    internal static string? Of(SimDisk disk)
    {
        CheckReport? report = DirectoryCheck.Run(new SnapshotFiles(disk.Snapshot()));
        return report is null ? null
            : report.Findings.Count + report.Notes.Count == 0 ? null
            : string.Join("; ", report.Findings.Concat(report.Notes));
    }
}
