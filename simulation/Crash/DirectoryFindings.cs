using Zurau.Inspection;

namespace Zurau.Simulation;

/// <summary>
/// Runs the structural check on a simulated disk. Ignores files that could not be deleted
/// because of a disk fault, and folders of topics whose creation or deletion failed: the
/// next startup deletes them.
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
