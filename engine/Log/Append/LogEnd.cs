namespace Zurau.Engine.Log;

/// <summary>
/// The end of a log's published prefix: a segment and its published end. An operation reads it
/// once.
/// </summary>
internal readonly struct LogEnd(LogSegment segment, long word)
{
    internal LogSegment Segment { get; } = segment;

    internal int Position => SegmentWord.Position(word);

    internal long Offset => Segment.BaseOffset + SegmentWord.RelativeOffset(word);
}
