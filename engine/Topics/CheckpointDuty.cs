using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Writes the offset checkpoints now and then, so that a start after a crash reads only what came since. Logs that have begun a segment
/// since their last flush are flushed first.
/// </summary>
internal sealed partial class CheckpointDuty(TopicRegistry topics, int intervalMs, ILogger logger) : IDuty
{
    private IDutyHandle? _handle;

    public string Name => "zurau-checkpoint";

    public long NextWorkMs { get; private set; }

    internal void Start(IDutyPump pump)
    {
        NextWorkMs = pump.NowMs + intervalMs;
        _handle = pump.Start(this);
    }

    internal void Stop() => _handle?.Dispose();

    public int DoWork(long nowMs)
    {
        if (nowMs < NextWorkMs)
        {
            return 0;
        }

        NextWorkMs = nowMs + intervalMs;
        try
        {
            foreach (PartitionLog log in topics.All().SelectMany(static topic => topic.Logs))
            {
                log.FlushSealed();
            }

            topics.WriteOffsets();
        }
        catch (StorageException exception)
        {
            LogFailed(exception.Message);
        }

        return 0;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Writing the offset checkpoints failed; a start after a crash will read more than it had to. {Reason}")]
    private partial void LogFailed(string reason);
}
