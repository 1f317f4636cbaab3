namespace Zurau.Engine.Log;

/// <summary>
/// When a segment was last appended to, by the clock, or a moment later when it was noticed; never earlier. Belongs to whoever links the
/// next segment or has the upkeep; another writer at that moment would write nearly the same.
/// </summary>
internal sealed class ModifiedTime
{
    private int _end = -1;

    internal long Ms { get; private set; }

    /// <summary>Takes the time as that of the last append, where there was one since the last call.</summary>
    internal void Note(int end, long nowMs)
    {
        if (end != _end)
        {
            _end = end;
            Ms = nowMs;
        }
    }

    /// <summary>Corrects a time that a wrong clock noted: it is in the future.</summary>
    internal void Bound(long latestMs) => Ms = Math.Min(Ms, latestMs);
}
