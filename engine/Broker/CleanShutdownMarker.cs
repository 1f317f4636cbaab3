using Microsoft.Extensions.Logging;
using Zurau.Engine.Storage;

namespace Zurau.Engine;

/// <summary>
/// The file that says that every log was flushed and closed. It is deleted before anything else is touched at start, so that a crash
/// while loading counts as unclean.
/// </summary>
internal static partial class CleanShutdownMarker
{
    private const string FileName = ".kafka_cleanshutdown";

    /// <summary>
    /// Deletes the marker durably; true where it was there. The directory is flushed also where it was not: a start that was killed may have
    /// deleted it, and a process that was killed may have created a topic, and left both in the page cache only.
    /// </summary>
    internal static bool Take(IStorage storage)
    {
        IoResult result = storage.Delete(FileName);
        if (result != IoResult.NotFound)
        {
            result.ThrowIfFailed($"Deleting '{FileName}'");
        }

        storage.SyncDirectory("").ThrowIfFailed($"Flushing {storage.Description}");
        return result.IsOk;
    }

    /// <summary>Writes the marker; where that fails the next start checks every log, and nothing is lost.</summary>
    internal static void Write(IStorage storage, ILogger logger)
    {
        try
        {
            CheckpointFile.Write(storage, FileName, """{"version":0,"brokerEpoch":-1}""");
        }
        catch (StorageException exception)
        {
            LogFailed(logger, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The end in good order could not be written down; the next start checks the logs. {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
