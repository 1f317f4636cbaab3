namespace Zurau.Engine.Log;

/// <summary>
/// The aborted transactions whose markers are in a segment, in the order of their markers.
/// Written by the holder of the indexer's flag; read by any thread.
/// </summary>
/// <param name="stored">The entries of the index file; null for none.</param>
internal sealed class TransactionIndex(StoredEntries<AbortedTransaction>? stored = null)
{
    // Most segments have none, or a few.
    private const int ChunkLength = 16;

    private readonly IndexEntries<AbortedTransaction> _entries = new(stored, ChunkLength);

    /// <inheritdoc cref="IndexEntries{T}.IsStored"/>
    internal bool IsStored => _entries.IsStored;

    internal IndexView<AbortedTransaction> Entries => _entries.View;

    internal void Append(AbortedTransaction aborted) => _entries.Add(aborted);
}
