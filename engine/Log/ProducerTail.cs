using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// Finds each producer's last batches again when a log is opened: a snapshot keeps only the very last one, and a client may ask once more
/// about any of the five that it had in flight. They are looked for in the last stretch of the log only.
/// </summary>
internal static class ProducerTail
{
    private const int StretchBytes = 1 << 20;

    internal static void Read(IReadOnlyList<LogSegment> segments, ProducerStates states, int nowSeconds)
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

    private static void Read(LogSegment segment, int position, ProducerStates states, int nowSeconds)
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

        window.Result.ThrowIfFailed($"Reading '{segment.Path}' behind byte {position}");
        if (position < limit)
        {
            OldFormatCheck.Refuse(segment, position, limit, nowSeconds); // A damaged batch is an error for those who read it.
        }
    }

    /// <summary>The last indexed batch at or before a position.</summary>
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
