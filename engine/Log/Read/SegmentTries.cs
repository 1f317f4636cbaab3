namespace Zurau.Engine.Log;

/// <summary>
/// Limits the tries of a reader that found a segment closed. A segment is closed only after it
/// was removed from the list, so the next try finds other segments; a link to it is corrected
/// before it is closed, so the same list fails at most once more. If it fails again nothing
/// will change: the reader returns an error instead of trying forever.
/// </summary>
internal struct SegmentTries
{
    private const int MostOfOneList = 3;

    private LogSegment[]? _list;
    private int _failures;

    /// <summary>Returns whether another try can succeed; called before each.</summary>
    internal bool MayTry(SegmentList segments)
    {
        LogSegment[] list = segments.All;
        _failures = list == _list ? _failures + 1 : 0;
        _list = list;
        return _failures < MostOfOneList;
    }
}
