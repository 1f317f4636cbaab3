using Zurau.Engine.Storage;
using Zurau.Inspection;

namespace Zurau.Tests;

/// <summary>Runs the structural check over what a test left.</summary>
internal static class Soundness
{
    /// <summary>Checks a folder that a log without a broker was closed in.</summary>
    internal static void AssertClosed(IStorage storage) => AssertNone(DirectoryCheck.Run(new StorageFiles(storage), isClean: true, isCompacted: false));

    /// <summary>
    /// Checks a data directory after a clean shutdown; others are left to the next startup.
    /// </summary>
    internal static void AssertSoundIfClosed(IDataFiles files)
    {
        using IDataFile? marker = files.Open(".kafka_cleanshutdown");
        if (marker is not null)
        {
            AssertNone(DirectoryCheck.Run(files));
        }
    }

    private static void AssertNone(CheckReport? report)
    {
        Assert.NotNull(report);

        // The files of a deleted topic are deleted in the background; what a shutdown leaves
        // of them the next startup deletes.
        Finding[] found = [.. report.Findings, .. report.Notes.Where(static note => !(note.Kind == FindingKind.Leftover && note.Path.EndsWith("-delete", StringComparison.Ordinal)))];
        Assert.True(found.Length == 0, "The structural check of a closed directory found:\n" + string.Join('\n', found.AsEnumerable()));
    }
}
