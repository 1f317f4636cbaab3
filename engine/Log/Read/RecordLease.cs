using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// A counted lease on a segment and a slice of it: the bytes stay readable until the lease is
/// released, once.
/// </summary>
internal sealed class RecordLease(LogSegment segment, int position, int length, IReadOnlyList<AbortedTransactionRange>? aborted)
{
    /// <summary>
    /// The aborted transactions that overlap the slice; null for readers of uncommitted
    /// records.
    /// </summary>
    internal IReadOnlyList<AbortedTransactionRange>? Aborted => aborted;

    internal ReadOnlyMemory<byte> Bytes => segment.Slice(position, length);

    internal void Release() => segment.Release();
}
