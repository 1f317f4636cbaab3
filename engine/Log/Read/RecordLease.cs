using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>A counted hold on a segment and a slice of it: the bytes stay readable until it is released, once.</summary>
internal sealed class RecordLease(LogSegment segment, int position, int length, IReadOnlyList<AbortedTransactionRange>? aborted)
{
    /// <summary>The aborted transactions that reach into the slice; null for readers that see everything.</summary>
    internal IReadOnlyList<AbortedTransactionRange>? Aborted => aborted;

    internal ReadOnlyMemory<byte> Bytes => segment.Slice(position, length);

    internal void Release() => segment.Release();
}
