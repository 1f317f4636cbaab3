using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Writes the offset checkpoints now and then, so that a start after a crash reads only what came since. Logs that have begun a segment
/// since their last flush are flushed first.
/// </summary>
internal sealed class CheckpointDuty(TopicRegistry topics, int intervalMs, HealthLog health) : IDuty
{
    private readonly LogGuard _guard = new(health, "checkpoint");
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

        foreach (PartitionLog log in topics.All().SelectMany(static topic => topic.Logs))
        {
            _guard.Run(log.Context, nowMs, log, static log => log.FlushSealed());
        }

        WriteOffsets(topics, health);
        NextWorkMs = nowMs + intervalMs;
        return 0;
    }

    /// <summary>Writes how far each log is, or reports why that failed: the next call makes up for it.</summary>
    internal static void WriteOffsets(TopicRegistry topics, HealthLog health)
    {
        const string Component = "offset checkpoints";
        try
        {
            topics.WriteOffsets();
            health.Clear(Component);
        }
        catch (StorageException exception)
        {
            health.Report(Component, $"They were not written; until they are, a startup after a crash reads more than necessary and may begin logs a little earlier. {exception.Message}");
        }
    }
}
