using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Prepares blocks, memory and the next segment in advance for logs with a high append rate.
/// Without it the appender has a page fault per 4 KiB, and creates a file at each roll. Slow
/// logs are not prepared, because a prepared window makes the next flush slower.
/// </summary>
internal sealed class PrefaultDuty(HealthLog health) : IDuty, IBackgroundWork
{
    /// <summary>
    /// An appender sends a request each time it crosses a multiple of this size, as a power of
    /// two.
    /// </summary>
    internal const int RequestShift = 20;

    private readonly DutyQueue<PrefaultWindow> _requested = new();
    private readonly LogGuard _guard = new(health, "prefault");

    public string Name => "zurau-prefault";

    public long NextWorkMs => long.MaxValue;

    public void Start(IDutyPump pump) => _requested.Start(pump, this);

    public void Stop() => _requested.Stop();

    /// <summary>
    /// Requests a check of a log; any thread, cheap, and queued at most once until the log is
    /// checked.
    /// </summary>
    /// <param name="window">The log's window.</param>
    /// <param name="storesToMapping">Whether the appender needs pages of the mapping, and not
    /// only a file that is long enough.</param>
    internal void Request(PrefaultWindow window, bool storesToMapping)
    {
        if (storesToMapping)
        {
            window.IsStoredTo = true; // If the duty clears it at the same time, page faults occur until the next request.
        }

        if (Interlocked.Exchange(ref window.IsRequested, 1) == 0)
        {
            _requested.Add(window);
        }
    }

    public int DoWork(long nowMs)
    {
        int looks = 0;
        while (_requested.TryTake(out PrefaultWindow? window))
        {
            Interlocked.Exchange(ref window.IsRequested, 0);
            _guard.Run(window.Context, nowMs, (window, nowMs), static work =>
            {
                work.window.Advance(work.nowMs);
                return IoResult.Ok;
            });
            looks++;
        }

        return looks;
    }
}
