using Microsoft.Extensions.Logging;
using Zurau.Engine.Storage;

namespace Zurau.Engine;

/// <summary>
/// The file that marks a clean shutdown: every log was flushed and closed. It is
/// deleted before any other access at startup, so that a crash during loading counts as
/// unclean.
/// </summary>
internal static partial class CleanShutdownMarker
{
    private const string FileName = ".kafka_cleanshutdown";

    /// <summary>
    /// Deletes the marker durably; returns whether it existed. The directory is always
    /// flushed: a killed startup may have deleted the marker, and a killed process may have
    /// created a topic, in the page cache only.
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

    /// <summary>
    /// Writes the marker; if that fails, the next startup checks every log, and nothing is
    /// lost.
    /// </summary>
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

    [LoggerMessage(Level = LogLevel.Error, Message = "The clean shutdown could not be recorded; the next startup checks the logs. {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
