using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Bounds the memory of index file pages over all logs of a broker. A page that was not read
/// for a while is dropped and read again when it is needed: second-chance eviction, not LRU.
/// One short lock, never held during a file operation.
/// </summary>
/// <param name="storage">The data directory.</param>
/// <param name="budgetPages">The maximum number of kept pages.</param>
internal sealed class IndexCache(IStorage storage, int budgetPages = IndexCache.UsualBudgetPages)
{
    /// <summary>The maximum bytes of a page: whole entries only.</summary>
    internal const int PageBytes = 4096;

    /// <summary>
    /// 16 MiB: the first half of the binary search steps in the offset indexes of more than 500
    /// full segments.
    /// </summary>
    internal const int UsualBudgetPages = 4096;

    private readonly Lock _lock = new();
    private readonly Queue<(IndexPage?[] Pages, int Page)> _kept = new();

    internal IStorage Storage => storage;

    /// <summary>The number of kept pages.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _kept.Count;
            }
        }
    }

    /// <summary>Keeps a page in its slot; drops others if there are too many.</summary>
    internal void Keep(IndexPage?[] pages, int page, IndexPage read)
    {
        if (Interlocked.CompareExchange(ref pages[page], read, null) is not null)
        {
            return; // Another reader was faster.
        }

        lock (_lock)
        {
            _kept.Enqueue((pages, page));

            // Ends: each iteration drops a page or clears a mark that only readers set again,
            // and the tries are limited to the length of the queue.
            for (int tries = _kept.Count; _kept.Count > budgetPages && tries > 0; tries--)
            {
                (IndexPage?[] Pages, int Page) oldest = _kept.Dequeue();
                IndexPage kept = oldest.Pages[oldest.Page]!;
                if (kept.WasRead && tries > 1)
                {
                    kept.WasRead = false;
                    _kept.Enqueue(oldest);
                }
                else
                {
                    Volatile.Write(ref oldest.Pages[oldest.Page], null);
                }
            }
        }
    }
}
