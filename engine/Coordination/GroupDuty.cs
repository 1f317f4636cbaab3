using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Removes members whose sessions have ended, ends rebalances that wait too long, and
/// removes expired offsets and groups. Deadlines use the pump's monotonic clock: a jump of
/// the wall clock removes no member, and a startup restarts every session.
/// </summary>
/// <param name="upkeep">Executes the work.</param>
/// <param name="timers">When the deadlines of groups are checked.</param>
/// <param name="expiryCheckMs">Interval of the checks for expired offsets.</param>
/// <param name="time">The wall clock.</param>
internal sealed class GroupDuty(GroupUpkeep upkeep, GroupTimers timers, long expiryCheckMs, TimeProvider time) : IDuty, IBackgroundWork
{
    private IDutyHandle? _handle;
    private ExpiryClock? _clock;
    private long _nextExpiryCheckMs;

    public string Name => "zurau-groups";

    public long NextWorkMs => Math.Min(timers.NextMs, _nextExpiryCheckMs);

    public void Start(IDutyPump pump)
    {
        upkeep.Restore();
        _nextExpiryCheckMs = pump.NowMs + expiryCheckMs;
        _clock = new ExpiryClock(time, expiryCheckMs, pump.NowMs);
        _handle = pump.Start(this);
        timers.Wake = _handle.Wake;
    }

    public void Stop() => _handle?.Dispose();

    public int DoWork(long nowMs)
    {
        int work = 0;
        while (timers.TryTake(nowMs, out Group? group)) // Ends with the last group that was due: each is due again later only.
        {
            try
            {
                upkeep.Expire(group);
                work++;
            }
            catch (Exception exception) when (exception is not IProcessEnd)
            {
                timers.Schedule(group, nowMs + RetryBackoff.LongestMs);
                throw;
            }
        }

        if (nowMs >= _nextExpiryCheckMs)
        {
            work += upkeep.ExpireOffsets(nowMs, _clock!.Read(nowMs));
            _nextExpiryCheckMs = nowMs + expiryCheckMs;
        }

        return work;
    }
}
