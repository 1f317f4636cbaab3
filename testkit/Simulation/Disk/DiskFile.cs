using System.Runtime.InteropServices;

namespace Zurau.Testing.Simulation;

/// <summary>
/// One file: what processes see (the cache), and what is on the disk. The cache is the very memory that is mapped, so stores need no call;
/// what is dirty is found by comparing the two. Guarded by the disk's gate, but for those stores.
/// </summary>
internal sealed unsafe class DiskFile(DiskSpace space, int id) : DiskNode
{
    internal const int PageSize = 4096;
    internal const int SectorSize = 512;

    /// <summary>How far behind the end stray stores are looked for. Batches lie end to end, so the first stray one begins close behind it.</summary>
    private const int StrayBytes = 64 * 1024;

    private readonly PageSet _blocks = new();
    private readonly PageSet _rewritten = new(); // Written by a call since they were clean: dirty even if the bytes are the same.
    private Dictionary<int, byte[]>? _lost; // Pages that a failed flush made clean without writing them, as they were then.
    private NativeBuffer? _cache; // Null while it is the same as the disk.
    private NativeBuffer? _durable; // What lies behind its capacity is zero.
    private Ballast _ballast = Ballast.None;

    /// <summary>Files are numbered in the order in which they are made.</summary>
    internal int Id => id;

    internal int Length { get; private set; }

    internal int DurableLength { get; private set; }

    /// <summary>The shortest it was since its size was durable: a cut that was grown over is still one.</summary>
    internal int LowestLength { get; private set; }

    /// <summary>The end of what was added by Allocate or SetLength: a size that needs no data to become durable.</summary>
    internal int AllocatedLength { get; private set; }

    internal int Handles { get; set; }

    internal int Regions { get; set; }

    /// <summary>Sectors that cannot be read.</summary>
    internal SectorSet BadSectors { get; } = new();

    /// <summary>Failures of the kernel's own writing, to be reported once to each open descriptor.</summary>
    internal int WritebackErrors { get; set; }

    /// <summary>True once somebody was told, so that descriptors opened later are not.</summary>
    internal bool IsWritebackErrorSeen { get; set; } = true;

    internal bool IsSizePending => Length != DurableLength || LowestLength < DurableLength;

    internal int BlockCount => _blocks.Count;

    /// <summary>Bytes below are never changed; see <see cref="Ballast"/>.</summary>
    internal int BallastEnd => _ballast.End;

    /// <summary>Gives an empty file that nobody has open a beginning that is on the disk.</summary>
    internal void Lay(Ballast ballast)
    {
        if (Length + DurableLength + Handles + Regions > 0)
        {
            throw new InvalidOperationException($"'{Path}' is not empty, or is open.");
        }

        _ballast = ballast;
        _durable = BufferPool.Regrow(_durable, ballast.End);
        ballast.Fill(_durable);
        Length = DurableLength = LowestLength = ballast.End;
    }

    internal Span<byte> CacheAt(int position, int length) => Materialize(position + length).At(position, length);

    internal void ReadCache(int position, Span<byte> target) => NativeBuffer.Read(_cache ?? _durable, position, target);

    internal void ReadDurable(int position, Span<byte> target) => NativeBuffer.Read(_durable, position, target);

    /// <summary>The memory behind a mapping; stays where it is from now on.</summary>
    internal byte* MapCache(int length)
    {
        Materialize(Math.Max(length, Length));
        Regions++;
        return _cache!.Pointer;
    }

    /// <summary>Writes; returns false where the disk was full before the end, with the blocks that it had room for written.</summary>
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

    /// <summary>Gives a range blocks and grows the file; false where the disk was full, with what it had room for given.</summary>
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
            throw new SimulationFailure($"'{Path}' was truncated to {length} bytes; {_ballast.End} have been on the disk for long.");
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

        ClearDurable(Math.Max(length, DurableLength)); // Written back before a size that never became durable.
        Length = length;
        LowestLength = Math.Min(LowestLength, length);
        AllocatedLength = Math.Min(AllocatedLength, length);
    }

    /// <summary>The pages that the kernel holds for not written, in file order.</summary>
    /// <exception cref="SimulationFailure">Something was stored where a real machine has no memory behind the map.</exception>
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
            int next = same == end ? pages : same / PageSize; // The first page that differs from the disk, or behind the last.
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

    /// <summary>Brings a page to the disk.</summary>
    internal void WritePage(int page)
    {
        CopyToDurable(page * PageSize, BytesOf(page));
        MarkClean(page);
    }

    /// <summary>What the kernel does after it could not write a page: it is clean from now on, and not on the disk.</summary>
    internal void LosePage(int page)
    {
        byte[] bytes = new byte[PageSize];
        ReadCache(page * PageSize, bytes);
        _rewritten.Remove(page);
        (_lost ??= [])[page] = bytes;
    }

    /// <summary>Makes the size durable, cuts first.</summary>
    internal void CommitSize()
    {
        CommitCut();
        DurableLength = LowestLength = Length;
        AllocatedLength = 0;
    }

    internal void CommitCut()
    {
        if (LowestLength < DurableLength)
        {
            SetDurableLength(LowestLength);
        }
    }

    /// <summary>Grows the size on the disk; there is no cut to be made first.</summary>
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

    /// <summary>Turns a bit over wherever the byte is kept.</summary>
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

    /// <summary>The cache is gone: what is on the disk is what processes see.</summary>
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

    /// <summary>Moves the cache to other memory, so that who still stores through a map of a dead process changes nothing.</summary>
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

    /// <summary>Gives all memory and blocks back.</summary>
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

    /// <summary>Gives a deleted file's blocks back once nobody has it open, though the disk may still show it after a power loss.</summary>
    internal void ReturnBlocks() => space.Return(_blocks.RemoveFrom(0));

    internal static int PagesOf(int length) => (int)(((long)length + PageSize - 1) / PageSize);

    /// <summary>The last page that a file can have lacks a byte.</summary>
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
                throw new SimulationFailure($"'{Path}' is mapped with {_cache.Capacity} bytes; the simulated disk cannot grow it to {bytes} while it is.");
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

    /// <summary>Gives blocks to a range from its beginning; returns how many of its bytes have one.</summary>
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
            return; // Deleted: the kernel has dropped what it had not written, with the blocks.
        }

        if (!_blocks.Contains(page) && !TryTakeBlock(page))
        {
            throw new SimulationFailure($"would SIGBUS: '{Path}' was stored to at byte {page * PageSize} through a map, where it has no block, and the disk is full; allocate before storing.");
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
            throw new SimulationFailure($"{result}: '{Path}' has {Length} bytes and was stored to at byte {Length + stray} through a map.");
        }
    }
}
