using System.Runtime.InteropServices;

namespace Zurau.Testing.Simulation;

/// <summary>
/// The content of a file in the page cache and on the disk. Mappings share the memory of
/// the cache, so a store through a mapping makes no call. Dirty pages are found by
/// comparing cache and disk. Guarded by the disk's lock, except for those stores.
/// </summary>
internal sealed unsafe class DiskFile(DiskSpace space, int id) : DiskNode
{
    internal const int PageSize = 4096;
    internal const int SectorSize = 512;

    /// <summary>The bytes after the end that are checked for stray stores.</summary>
    private const int StrayBytes = 64 * 1024;

    private readonly PageSet _blocks = new();
    private readonly PageSet _rewritten = new(); // Dirty even if the bytes are equal.
    private Dictionary<int, byte[]>? _lost; // Pages that a failed flush marked clean, with their content.
    private NativeBuffer? _cache; // Null while it equals the disk.
    private NativeBuffer? _durable; // Bytes past its capacity are zero.
    private Ballast _ballast = Ballast.None;

    /// <summary>The number of the file, in order of creation.</summary>
    internal int Id => id;

    internal int Length { get; private set; }

    internal int DurableLength { get; private set; }

    /// <summary>The smallest length since the size was last durable.</summary>
    internal int LowestLength { get; private set; }

    /// <summary>The end of the range that was added without data.</summary>
    internal int AllocatedLength { get; private set; }

    internal int Handles { get; set; }

    internal int Regions { get; set; }

    /// <summary>Sectors that cannot be read.</summary>
    internal SectorSet BadSectors { get; } = new();

    /// <summary>The number of writeback failures; each descriptor reports each.</summary>
    internal int WritebackErrors { get; set; }

    /// <summary>True if reported; descriptors opened later do not report it.</summary>
    internal bool IsWritebackErrorSeen { get; set; } = true;

    internal bool IsSizePending => Length != DurableLength || LowestLength < DurableLength;

    internal int BlockCount => _blocks.Count;

    /// <summary>The end of the immutable bytes, see <see cref="Ballast"/>.</summary>
    internal int BallastEnd => _ballast.End;

    /// <summary>Sets the durable beginning of an empty file that is not open.</summary>
    internal void SetBallast(Ballast ballast)
    {
        if (Length + DurableLength + Handles + Regions > 0)
        {
            throw new InvalidOperationException($"'{Path}' is not empty or is open. Use a new file.");
        }

        _ballast = ballast;
        _durable = BufferPool.Regrow(_durable, ballast.End);
        ballast.Fill(_durable);
        Length = DurableLength = LowestLength = ballast.End;
    }

    internal Span<byte> CacheAt(int position, int length) => Materialize(position + length).At(position, length);

    internal void ReadCache(int position, Span<byte> target) => NativeBuffer.Read(_cache ?? _durable, position, target);

    internal void ReadDurable(int position, Span<byte> target) => NativeBuffer.Read(_durable, position, target);

    /// <summary>
    /// Returns the memory of a mapping, at a fixed address. A longer mapping of a mapped
    /// file gets only the existing memory: the two race, and one is discarded.
    /// </summary>
    internal byte* MapCache(ref int length)
    {
        length = Regions > 0 && _cache is not null ? Math.Min(length, _cache.Capacity) : length;
        Materialize(Math.Max(length, Length));
        Regions++;
        return _cache!.Pointer;
    }

    /// <summary>Writes the bytes that fit; returns false if the disk is full.</summary>
    internal bool Write(int position, ReadOnlySpan<byte> bytes)
    {
        int taken = TakeBlocks(position, bytes.Length);
        if (taken > 0)
        {
            CheckStray();
            bytes[..taken].CopyTo(CacheAt(position, taken));
            for (int page = position / PageSize; page <= (position + taken - 1) / PageSize; page++)
            {
                _rewritten.Add(page);
            }

            Length = Math.Max(Length, position + taken);
        }

        return taken == bytes.Length;
    }

    /// <summary>Allocates what fits, extends the file; false if the disk is full.</summary>
    internal bool Allocate(int position, int length)
    {
        CheckStray();
        int taken = TakeBlocks(position, length);
        if (taken > 0)
        {
            Grow(position + taken);
        }

        return taken == length;
    }

    internal void SetLength(int length)
    {
        CheckStray();
        if (length >= Length)
        {
            Grow(length);
            return;
        }

        if (length < _ballast.End)
        {
            throw new SimulationFailure($"'{Path}' was truncated to {length} bytes; its first {_ballast.End} bytes must not change.");
        }

        if (_cache is not null || _durable is not null)
        {
            NativeBuffer cache = Materialize(Length);
            cache.At(length, Math.Min(Length, cache.Capacity) - length).Clear();
        }

        int pages = PagesOf(length);
        space.Return(_blocks.RemoveFrom(pages));
        _rewritten.RemoveFrom(pages);
        foreach (int page in _lost?.Keys.Where(page => page >= pages).ToArray() ?? [])
        {
            _lost!.Remove(page);
        }

        ClearDurable(Math.Max(length, DurableLength)); // Clears pages that were written back beyond the durable size.
        Length = length;
        LowestLength = Math.Min(LowestLength, length);
        AllocatedLength = Math.Min(AllocatedLength, length);
    }

    /// <summary>Returns the pages that the kernel considers dirty, in file order.</summary>
    /// <exception cref="SimulationFailure">A mapping was stored to out of
    /// range.</exception>
    internal List<int> DirtyPages()
    {
        CheckStray();
        var dirty = new List<int>();
        if (_cache is null)
        {
            return dirty;
        }

        int pages = PagesOf(Length);
        int end = (int)Math.Min((long)pages * PageSize, int.MaxValue);
        for (int page = _ballast.Pages; page < pages; page++)
        {
            int same = NativeBuffer.SameUpTo(_cache, _durable, page * PageSize, end);
            int next = same == end ? pages : same / PageSize; // The first page that differs from the disk, or the end.
            for (; page < next; page++)
            {
                AddIfDirty(dirty, page, differs: false);
            }

            if (page < pages)
            {
                AddIfDirty(dirty, page, differs: true);
            }
        }

        return dirty;
    }

    internal void WritePage(int page)
    {
        CopyToDurable(page * PageSize, BytesOf(page));
        MarkClean(page);
    }

    /// <summary>Marks a page clean without writing it, as a failed write does.</summary>
    internal void LosePage(int page)
    {
        byte[] bytes = new byte[PageSize];
        ReadCache(page * PageSize, bytes);
        _rewritten.Remove(page);
        (_lost ??= [])[page] = bytes;
    }

    /// <summary>Makes the size durable, truncations first.</summary>
    internal void CommitSize()
    {
        CommitTruncation();
        DurableLength = LowestLength = Length;
        AllocatedLength = 0;
    }

    internal void CommitTruncation()
    {
        if (LowestLength < DurableLength)
        {
            SetDurableLength(LowestLength);
        }
    }

    /// <summary>Grows the durable size; no truncation may be pending.</summary>
    internal void GrowDurableLength(int length) => DurableLength = LowestLength = Math.Max(DurableLength, Math.Min(length, Length));

    internal void SetDurableLength(int length)
    {
        ClearDurable(length);
        DurableLength = length;
        LowestLength = Math.Min(Length, DurableLength);
    }

    internal void CopyToDurable(int position, int length)
    {
        ReadOnlySpan<byte> bytes = _cache!.At(position, length);
        bool isKnownZero = position + length > (_durable?.Capacity ?? 0) && bytes.IndexOfAnyExcept((byte)0) < 0;
        if (!isKnownZero)
        {
            bytes.CopyTo(DurableAt(position, length));
        }
    }

    internal Span<byte> DurableAt(int position, int length) => (_durable = BufferPool.Regrow(_durable, position + length)).At(position, length);

    /// <summary>Flips a bit in the cache and on the disk.</summary>
    internal void FlipBit(int position, int bit)
    {
        byte mask = (byte)(1 << bit);
        if (_cache is not null)
        {
            _cache.Pointer[position] ^= mask;
        }

        if (position < DurableLength)
        {
            DurableAt(position, 1)[0] ^= mask;
        }
    }

    /// <summary>Discards the cache: processes see the content of the disk.</summary>
    internal void DropCache()
    {
        if (_cache is not null)
        {
            BufferPool.Return(_cache);
            _cache = null;
        }

        _lost = null;
        space.Return(_blocks.RemoveFrom(0));
        _rewritten.RemoveFrom(0);
        for (int page = _ballast.Pages; page < PagesOf(DurableLength); page++)
        {
            _blocks.Add(page);
            space.Take();
        }

        Length = LowestLength = DurableLength;
        AllocatedLength = 0;
        IsWritebackErrorSeen = true;
    }

    /// <summary>Detaches the mapped memory from the cache and returns it.</summary>
    internal NativeBuffer? FreezeCache()
    {
        Handles = 0;
        if (Regions == 0)
        {
            return null;
        }

        CheckStray();
        Regions = 0;
        NativeBuffer old = _cache!;
        _cache = BufferPool.Take(Math.Max(Length, 1));
        _ballast.CopyRest(old, _cache, Length);
        return old;
    }

    /// <summary>Frees all memory and blocks.</summary>
    internal void Free()
    {
        foreach (NativeBuffer? buffer in (NativeBuffer?[])[_cache, _durable])
        {
            if (buffer is not null)
            {
                BufferPool.Return(buffer);
            }
        }

        _cache = _durable = null;
        space.Return(_blocks.RemoveFrom(0));
        Length = DurableLength = 0;
    }

    /// <summary>Frees the blocks of a deleted file that is not open.</summary>
    internal void ReturnBlocks() => space.Return(_blocks.RemoveFrom(0));

    internal static int PagesOf(int length) => (int)(((long)length + PageSize - 1) / PageSize);

    /// <summary>Returns the bytes of a page; the last possible page has one less.</summary>
    private static int BytesOf(int page) => Math.Min(PageSize, int.MaxValue - (page * PageSize));

    private void Grow(int length)
    {
        if (length > Length)
        {
            Materialize(length);
            Length = length;
            AllocatedLength = Math.Max(AllocatedLength, length);
        }
    }

    private NativeBuffer Materialize(int bytes)
    {
        if (_cache is null)
        {
            _cache = BufferPool.Take(Math.Max(bytes, DurableLength));
            if (_durable is not null)
            {
                _ballast.CopyRest(_durable, _cache, DurableLength);
            }
        }
        else if (bytes > _cache.Capacity)
        {
            if (Regions > 0)
            {
                throw new SimulationFailure($"'{Path}' is mapped with {_cache.Capacity} bytes; the simulated disk cannot grow it to {bytes} bytes while it is mapped.");
            }

            _cache = BufferPool.Regrow(_cache, bytes);
        }

        return _cache;
    }

    private void ClearDurable(int from)
    {
        if (_durable is not null && from < _durable.Capacity)
        {
            _durable.At(from, _durable.Capacity - from).Clear();
        }
    }

    /// <summary>Allocates blocks to a range; returns the number of bytes covered.</summary>
    private int TakeBlocks(int position, int length)
    {
        for (int page = Math.Max(position / PageSize, _ballast.Pages); page < PagesOf(position + length); page++)
        {
            if (!_blocks.Contains(page) && !TryTakeBlock(page))
            {
                return Math.Max(0, (page * PageSize) - position);
            }
        }

        return length;
    }

    private bool TryTakeBlock(int page) => space.TryTake() && _blocks.Add(page);

    private void AddIfDirty(List<int> dirty, int page, bool differs)
    {
        byte[]? lost = null;
        bool isLost = _lost is not null && _lost.TryGetValue(page, out lost);
        bool isDirty = _rewritten.Contains(page) || (isLost ? !_cache!.At(page * PageSize, BytesOf(page)).SequenceEqual(lost.AsSpan(0, BytesOf(page))) : differs);
        if (!isDirty)
        {
            return;
        }

        if (!_blocks.Contains(page) && Parent is null && Handles == 0 && Regions == 0)
        {
            return; // Deleted: the kernel has dropped its dirty pages and its blocks.
        }

        if (!_blocks.Contains(page) && !TryTakeBlock(page))
        {
            throw new SimulationFailure($"would SIGBUS: '{Path}' was stored to at byte {page * PageSize} through a mapping, has no block there, and the disk is full. Allocate the range before storing to it.");
        }

        dirty.Add(page);
    }

    private void MarkClean(int page)
    {
        _rewritten.Remove(page);
        _lost?.Remove(page);
    }

    private void CheckStray()
    {
        if (_cache is null || Regions == 0)
        {
            return;
        }

        int stray = _cache.At(Length, Math.Min(StrayBytes, _cache.Capacity - Length)).IndexOfAnyExcept((byte)0);
        if (stray >= 0)
        {
            string result = Length + stray < PagesOf(Length) * PageSize ? "would be lost" : "would SIGBUS";
            throw new SimulationFailure($"{result}: '{Path}' has {Length} bytes and was stored to at byte {Length + stray} through a mapping. Grow the file before storing to it.");
        }
    }
}
