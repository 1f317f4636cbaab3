using Zurau.Harness.Inspection;
using Zurau.Testing.Simulation;

namespace Zurau.Harness.Crash;

/// <summary>
/// The structural check of a simulated disk. A file that a failing disk did not delete is not a finding, nor are the folders of a topic whose
/// creation or deletion failed: the next start deletes them.
/// </summary>
internal static class DirectoryFindings
{
    internal static string? Of(SimDisk disk, bool hadFaults)
    {
        CheckReport? report = DirectoryCheck.Run(new SnapshotFiles(disk.Snapshot()));
        return report is null ? null
            : report.Findings.Concat(report.Notes).Where(finding => finding.Kind != FindingKind.Leftover && !(hadFaults && finding.Kind == FindingKind.Metadata)).ToArray() is { Length: > 0 } findings ? string.Join("; ", findings.AsEnumerable())
            : null;
    }
}
