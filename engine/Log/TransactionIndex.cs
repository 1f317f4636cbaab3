namespace Zurau.Engine.Log;

/// <summary>
/// The aborted transactions whose markers are in a segment, in the order of their markers. Written by the one holder of the log's
/// derived-state flag; read by anyone: a longer list replaces the old one.
/// </summary>
internal sealed class TransactionIndex
{
    private AbortedTransaction[] _entries = [];

    internal ReadOnlySpan<AbortedTransaction> Entries => Volatile.Read(ref _entries);

    internal void Append(AbortedTransaction aborted) => Volatile.Write(ref _entries, [.. _entries, aborted]);
}
