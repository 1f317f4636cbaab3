namespace Zurau.Engine.Log;

/// <summary>
/// The wall-clock time of a segment's last append, or the later time at which it was noticed;
/// never earlier. Written by the thread that links the next segment or holds the upkeep lock;
/// concurrent writers write nearly the same time.
/// </summary>
internal sealed class ModifiedTime
{
    private int _end = -1;

    internal long Ms { get; private set; }

    /// <summary>Sets the time of the last append, if there was one since the last call.</summary>
    internal void Note(int end, long nowMs)
    {
        if (end != _end)
        {
            _end = end;
            Ms = nowMs;
        }
    }

    /// <summary>Corrects a time in the future, which a wrong clock has set.</summary>
    internal void Bound(long latestMs) => Ms = Math.Min(Ms, latestMs);
}
