using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Writes the offset checkpoints periodically, so that a startup after a crash reads
/// only later records. Logs that have rolled a segment since their last flush are
/// flushed first.
/// </summary>
internal sealed class CheckpointDuty(TopicRegistry topics, int intervalMs, HealthLog health) : IDuty, IBackgroundWork
{
    private readonly LogGuard _guard = new(health, "checkpoint");
    private IDutyHandle? _handle;

    public string Name => "zurau-checkpoint";

    public long NextWorkMs { get; private set; }

    public void Start(IDutyPump pump)
    {
        NextWorkMs = pump.NowMs + intervalMs;
        _handle = pump.Start(this);
    }

    public void Stop() => _handle?.Dispose();

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

    /// <summary>
    /// Writes the offsets of each log; a failure is reported and the next call retries.
    /// </summary>
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
            health.Report(Component, $"The offset checkpoints were not written; until a retry succeeds, a startup after a crash reads more than necessary, and logs may start at an older offset. {exception.Message}");
        }
    }
}
