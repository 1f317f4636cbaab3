using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// What follows from the log's content, kept in log order by one writer at a time: whoever moved the published end takes a flag,
/// catches up, gives the flag back and looks again. Nobody waits for it.
/// </summary>
internal sealed class DerivedState
{
    private readonly PartitionLog _log;
    private LogSegment _segment; // The four below belong to the flag's holder.
    private int _position;
    private int _relativeEnd;
    private IndexBuilder _index;
    private long _derivedEnd; // Written by the flag's holder, read by anyone.
    private int _flag;

    internal DerivedState(PartitionLog log, RecoveredLog recovered)
    {
        _log = log;
        _segment = recovered.Segments[^1];
        _position = SegmentWord.Position(_segment.Published);
        _relativeEnd = SegmentWord.RelativeOffset(_segment.Published);
        _index = new IndexBuilder(log.Settings.IndexIntervalBytes, recovered.BytesSinceIndexEntry);
        _derivedEnd = _segment.BaseOffset + _relativeEnd;
    }

    internal void CatchUp()
    {
        while (Volatile.Read(ref _derivedEnd) < _log.ReadEnd().Offset)
        {
            if (Interlocked.CompareExchange(ref _flag, 1, 0) != 0)
            {
                return; // Its holder looks again after giving it back.
            }

            bool isOpen = DeriveTo(_log.ReadEnd());

            // Full fence, partner of the pusher's compare-and-swap on the published end: either the pusher finds the flag free, or this
            // loop finds the end it moved.
            Interlocked.Exchange(ref _flag, 0);
            if (!isOpen)
            {
                return;
            }
        }
    }

    private bool DeriveTo(LogEnd end)
    {
        while (true)
        {
            if (!_segment.TryAcquire())
            {
                return false;
            }

            long published = Volatile.Read(ref _segment.Published);
            int limit = _segment == end.Segment ? end.Position : SegmentWord.Position(published);
            while (_position < limit && RecordBatchView.TryRead(_segment.Bytes(_position, limit - _position), out RecordBatchView batch))
            {
                _index.Add(_segment, _position, batch);
                _position += batch.SizeBytes;
                _relativeEnd = (int)(batch.LastOffset + 1 - _segment.BaseOffset);
            }

            _segment.Release();
            Volatile.Write(ref _derivedEnd, _segment.BaseOffset + _relativeEnd);
            if (_segment == end.Segment)
            {
                return true;
            }

            // Nothing is appended to it any more. A full disk costs nothing here: the next close writes the files, or recovery does without.
            _ = IndexFiles.Write(_log.Storage, _log.Directory, _segment);
            _segment = _segment.Next!;
            _position = 0;
            _relativeEnd = 0;
            _index = new IndexBuilder(_log.Settings.IndexIntervalBytes, 0);
        }
    }
}
