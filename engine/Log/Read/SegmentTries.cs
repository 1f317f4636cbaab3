namespace Zurau.Engine.Log;

/// <summary>
/// Bounds the tries of a reader that found a segment closed under it. A segment is given up only after it has left the list, so the next
/// try finds other segments; one that was linked to it is corrected before it is given up, so the same list fails once more at most. If it
/// fails again nothing will change: the reader answers with an error instead of trying forever.
/// </summary>
internal struct SegmentTries
{
    private const int MostOfOneList = 3;

    private LogSegment[]? _list;
    private int _failures;

    /// <summary>Whether another try is worth it; called before each.</summary>
    internal bool MayTry(SegmentList segments)
    {
        LogSegment[] list = segments.All;
        _failures = list == _list ? _failures + 1 : 0;
        _list = list;
        return _failures < MostOfOneList;
    }
}
