using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>The offsets that limit what readers of a log see. Thread-safe.</summary>
/// <param name="published">The published end.</param>
/// <param name="indexer">Provides the last stable offset.</param>
/// <param name="recoveredStart">The first offset that may be read, as recovery found it.</param>
/// <param name="hooks">Null in production.</param>
internal sealed class LogOffsets(PublishedEnd published, LogIndexer indexer, long recoveredStart, LogHooks? hooks)
{
    private long _start = recoveredStart; // Only grows; moved by compare-and-swap.
    private long _cleanedOffset;

    /// <summary>The first offset that may be read.</summary>
    internal long Start => Volatile.Read(ref _start);

    /// <summary>
    /// The offset below which every transaction is completed; at most the published end. Never
    /// below the log start offset, which deletions may move before the indexer has followed, or
    /// into an open transaction.
    /// </summary>
    internal long LastStable => Math.Max(indexer.Stable.Read(), Start);

    /// <summary>The exclusive end of the indexed records; at most the published end.</summary>
    internal long IndexedEnd => indexer.End;

    /// <summary>
    /// The offset below which the log was cleaned, so that offsets may be missing; 0 if it
    /// never was. Changed under the upkeep lock.
    /// </summary>
    internal long CleanedOffset
    {
        get => Volatile.Read(ref _cleanedOffset);
        set => Volatile.Write(ref _cleanedOffset, value);
    }

    /// <summary>Reads the current end of the published prefix.</summary>
    internal LogEnd ReadEnd() => published.Read();

    /// <summary>
    /// Makes records below an offset unreadable; files are not changed. False if the offset is
    /// after the end.
    /// </summary>
    internal bool TryMoveStart(long beforeOffset)
    {
        if (beforeOffset > ReadEnd().Offset)
        {
            return false;
        }

        Monotonic.Raise(ref _start, beforeOffset);
        hooks?.At(LogPoint.StartMoved);
        return true;
    }
}
