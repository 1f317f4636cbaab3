using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Ends logs when the engine is closed or a topic is deleted. A failure does not
/// prevent the other logs from ending.
/// </summary>
internal sealed partial class LogEnding(ILogger logger)
{
    /// <summary>
    /// Closes logs; true if the next startup may treat all of them as cleanly closed. Files
    /// stay mapped until <see cref="Release"/>.
    /// </summary>
    internal bool Close(IEnumerable<PartitionLog> logs)
    {
        bool isClean = true;
        foreach (PartitionLog log in logs)
        {
            if (Problem(log, static log => log.Close()) is { } problem)
            {
                isClean = false;
                LogCloseFailed(log.Partition, problem);
            }
            else if (!log.IsIndexed)
            {
                isClean = false;
                LogNotIndexed(log.Partition);
            }
        }

        return isClean;
    }

    /// <summary>Ends the logs of a deleted topic and releases their files.</summary>
    internal void Abandon(IEnumerable<PartitionLog> logs)
    {
        foreach (PartitionLog log in logs)
        {
            if (Problem(log, static log => log.Abandon()) is { } problem)
            {
                LogNotSealed(log.Partition, problem);
            }

            log.Release();
        }
    }

    /// <summary>Releases the files of logs.</summary>
    internal static void Release(IEnumerable<PartitionLog> logs) => Attempts.All([.. logs.Select(static log => (Action)log.Release)]);

    private static string? Problem(PartitionLog log, Func<PartitionLog, IoResult> end)
    {
        try
        {
            IoResult result = end(log);
            return result.IsOk ? null : $"{result}";
        }
        catch (Exception exception) when (exception is not IProcessEnd)
        {
            return $"{exception.GetType().Name}: {exception.Message}";
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Closing the log {Partition} failed: {Reason}. The next startup checks it from its recovery point.")]
    private partial void LogCloseFailed(TopicPartition partition, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The indexes and producers of the log {Partition} are not complete. The next startup rebuilds them.")]
    private partial void LogNotIndexed(TopicPartition partition);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The log of {Partition} could not be ended, though its topic is deleted: {Reason}. Appends in progress fail.")]
    private partial void LogNotSealed(TopicPartition partition, string reason);
}
