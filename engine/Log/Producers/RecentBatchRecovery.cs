using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// Finds the last five batches of each producer when a log is opened, so that a retry of any of
/// them is recognized: a snapshot has only the last one. Reads only the last part of the log.
/// </summary>
internal static class RecentBatchRecovery
{
    private const int StretchBytes = 1 << 20;

    internal static void Read(IReadOnlyList<LogSegment> segments, LoggedProducers states, int nowSeconds)
    {
        if (states.All.Count == 0)
        {
            return;
        }

        int first = segments.Count - 1;
        int last = SegmentWord.Position(segments[first].Published);
        int from = Math.Max(0, last - StretchBytes);
        if (from == 0 && first > 0)
        {
            first--;
            from = Math.Max(0, SegmentWord.Position(segments[first].Published) - (StretchBytes - last));
        }

        for (int i = first; i < segments.Count; i++)
        {
            Read(segments[i], i == first ? PositionBefore(segments[i], from) : 0, states, nowSeconds);
        }
    }

    private static void Read(LogSegment segment, int position, LoggedProducers states, int nowSeconds)
    {
        int limit = SegmentWord.Position(segment.Published);
        var window = new BatchWindow(segment, limit, nowSeconds);
        while (window.TryRead(position, out RecordBatchView batch))
        {
            if (batch is { ProducerId: >= 0, BaseSequence: >= 0 } && states.IsCurrentEpoch(batch.ProducerId, batch.ProducerEpoch))
            {
                RecentBatches recent = states.Recent.GetValueOrDefault(batch.ProducerId);
                recent.Add(AppendedBatch.Of(batch, batch.BaseOffset, batch.TimestampType == TimestampType.LogAppendTime ? batch.MaxTimestamp : -1));
                states.Recent[batch.ProducerId] = recent;
            }

            position += batch.SizeBytes;
        }

        window.Result.ThrowIfFailed($"Reading '{segment.Path}' after byte {position}");
        if (position < limit)
        {
            OldFormatCheck.Refuse(segment, position, limit, nowSeconds); // A damaged batch is an error when it is read.
        }
    }

    /// <summary>
    /// Returns the position of the last indexed batch at or before a position; 0 if there is
    /// none.
    /// </summary>
    private static int PositionBefore(LogSegment segment, int position)
    {
        IndexView<OffsetEntry> entries = segment.Offsets.Entries;
        for (int i = entries.Length - 1; i >= 0 && entries.Read(i, out OffsetEntry entry).IsOk; i--)
        {
            if (entry.Position <= position)
            {
                return entry.Position;
            }
        }

        return 0;
    }
}
