using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Keeps blocks and memory ready ahead of logs that are appended to fast, and the next segment: without it the appender pays a page
/// fault for each 4 KiB, and a file's creation at each roll. A slow log gets none, for a prepared window makes the next flush slower.
/// </summary>
internal sealed class PrefaultDuty(IDutyPump pump, HealthLog health) : IDuty
{
    /// <summary>An appender asks each time it has crossed this many bytes.</summary>
    internal const int RequestShift = 20;

    private const int WindowMs = 10;
    private const int MaxWindowBytes = 8 * 1024 * 1024;
    private const int MinWindowBytes = 1024 * 1024;
    private readonly DutyQueue<PrefaultWindow> _requested = new();
    private readonly LogGuard _guard = new(health, "prefault");

    public string Name => "zurau-prefault";

    public long NextWorkMs => long.MaxValue;

    internal void Start() => _requested.Start(pump, this);

    internal void Stop() => _requested.Stop();

    /// <summary>Asks for a look at a log; any thread, cheap, and at most once until it has been looked at.</summary>
    /// <param name="window">The log's.</param>
    /// <param name="storesToMapping">Whether the appender needs the mapping's pages, and not only a file that is long enough.</param>
    internal void Request(PrefaultWindow window, bool storesToMapping)
    {
        if (storesToMapping)
        {
            window.IsStoredTo = true; // A word that is lost against the duty's clearing costs page faults until the next request.
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
                work.window.Advance(work.nowMs, WindowMs, MinWindowBytes, MaxWindowBytes);
                return IoResult.Ok;
            });
            looks++;
        }

        return looks;
    }
}
