namespace Zurau.Testing.Simulation;

/// <summary>A set of page numbers that grows as needed.</summary>
internal sealed class PageSet
{
    private ulong[] _words = [];

    internal int Count { get; private set; }

    internal bool Contains(int page) => page >> 6 < _words.Length && (_words[page >> 6] >> (page & 63) & 1) != 0;

    internal bool Add(int page)
    {
        if (page >> 6 >= _words.Length)
        {
            Array.Resize(ref _words, Math.Max((page >> 6) + 1, _words.Length * 2));
        }

        ulong bit = 1UL << (page & 63);
        bool isNew = (_words[page >> 6] & bit) == 0;
        _words[page >> 6] |= bit;
        Count += isNew ? 1 : 0;
        return isNew;
    }

    internal void Remove(int page)
    {
        if (Contains(page))
        {
            _words[page >> 6] &= ~(1UL << (page & 63));
            Count--;
        }
    }

    /// <summary>
    /// Removes a page and all later pages; returns the number of removed pages.
    /// </summary>
    internal int RemoveFrom(int page)
    {
        int before = Count;
        for (int last = (_words.Length << 6) - 1; last >= page && Count > 0; last--)
        {
            Remove(last);
        }

        return before - Count;
    }
}
