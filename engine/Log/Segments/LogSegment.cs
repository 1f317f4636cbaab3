using System.Runtime.CompilerServices;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// One <c>.log</c> file and the words of the append protocol that belong to it. A segment object is never used for a second file,
/// so a word never returns to an old value. The table of who writes and reads each word is in engine/README.md.
/// </summary>
internal sealed unsafe class LogSegment
{
    /// <summary>The blocks that a file begins with; it grows in multiples of them.</summary>
    internal const int FirstAllocationStep = 64 * 1024;

    private const long AppenderLease = 1L << 32;
    private const int LastAllocationStep = 16 * 1024 * 1024;

    /// <summary>The first batch has no timestamp.</summary>
    internal const long NoTimestamp = -1;

    private const long UnknownTimestamp = -2;

    private const long Evicting = long.MinValue;

    /// <summary>The log has given up its own lease. Apart from the counts, so that a last reader is never taken for the log itself.</summary>
    private const long GivenUpBit = 1L << 62;

    private IStorageFile? _file; // Null while the segment is evicted; set again by compare-and-swap.
    private int _capacity; // Bytes to map; changed only before the segment is mapped.
    private PaddedWord _reservation;
    private PaddedWord _published;
    private MappedRegion? _region; // Set by compare-and-swap; null again only while nobody holds a lease.
    private ResidentChunks? _resident; // Of this mapping; set by compare-and-swap, null again with it.
    private long _firstTimestamp = UnknownTimestamp; // Written once by the holder of the indexer's flag, read by appenders.
    private int _allocatedEnd; // Only grows while the segment is open; moved by compare-and-swap.
    private long _leases = 1; // Readers in the low half, of which one is the log's own; appenders in the high half, and GivenUpBit. No leases and either 0 or GivenUpBit is closed for good.

    /// <summary>Takes an open file with no batches in it that are known of.</summary>
    /// <param name="file">The file; closed with the segment.</param>
    /// <param name="path">Its path now; a spare gets another when it is linked.</param>
    /// <param name="baseOffset">Offset of the first record; -1 for a spare.</param>
    /// <param name="capacity">Bytes that may be mapped and appended to.</param>
    /// <param name="length">Bytes the file has.</param>
    internal LogSegment(IStorageFile file, string path, long baseOffset, int capacity, int length)
    {
        _file = file;
        Path = path;
        BaseOffset = baseOffset;
        _capacity = Math.Max(capacity, Math.Max(length, 1));
        _allocatedEnd = length;
    }

    /// <summary>The file's path. Changes when a spare is linked, where every helper writes the same, and when the segment is removed.</summary>
    internal string Path { get; private set; }

    /// <summary>Offset of the first record. Set once for a spare, before it is linked; every helper writes the same.</summary>
    internal long BaseOffset { get; private set; }

    /// <summary>The name a spare was made under; null for segments found at open.</summary>
    internal string? SparePath { get; init; }

    internal OffsetIndex Offsets { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); } = new();

    internal TimeIndex Times { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); } = new();

    internal TransactionIndex Transactions { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); } = new();

    /// <summary>How far this segment's index files are: see <see cref="IndexFiles"/>.</summary>
    internal int IndexFilesState = IndexFiles.Durable;

    /// <summary>The segment that will follow: made before this one is sealed, set once by compare-and-swap.</summary>
    internal LogSegment? Spare;

    /// <summary>The segment that follows: the spare once it has its name, set once by compare-and-swap.</summary>
    internal LogSegment? Next;

    /// <summary>Where the next append goes, and the seal. Moved by appenders and sealers.</summary>
    internal ref long Reservation => ref _reservation.Value;

    /// <summary>Up to where every batch is complete. Moved by the push loop; never past the reservation.</summary>
    internal ref long Published => ref _published.Value;

    /// <summary>The largest timestamp of the first batch; <see cref="NoTimestamp"/>, or less while it is not known.</summary>
    internal long FirstTimestamp
    {
        get => Volatile.Read(ref _firstTimestamp);
        set => Volatile.Write(ref _firstTimestamp, Math.Max(value, NoTimestamp));
    }

    /// <summary>When the segment was begun, or opened, by the clock.</summary>
    internal long CreatedMs { get; init; }

    /// <summary>
    /// Bytes from the file's beginning that must be written again before a flush counts: they were in the page cache when the log was
    /// opened after an unclean end, and a flush that failed before may have left them there as if they were on the disk. Belongs to whoever flushes.
    /// </summary>
    internal int DoubtfulBytes { get; set; }

    internal int AllocatedEnd => Volatile.Read(ref _allocatedEnd);

    /// <summary>The open file; null for a full segment that was evicted, whose bytes are all durable.</summary>
    internal IStorageFile? File => Volatile.Read(ref _file);

    /// <summary>True once every byte of a full segment is on disk: its file may be closed, for no write-back error can come any more.</summary>
    internal bool IsFlushed { get; set; }

    /// <summary>Whether it was read since the cache looked last.</summary>
    internal bool WasRead { get; set; }

    /// <summary>Null in production.</summary>
    internal SegmentHooks? Hooks { get; init; }

    internal bool IsClosed => Volatile.Read(ref _leases) is 0 or GivenUpBit;

    /// <summary>Whether the segment was removed, or its log closed.</summary>
    internal bool IsGivenUp => (Volatile.Read(ref _leases) & GivenUpBit) != 0;

    /// <summary>Bytes that may be appended to: once mapped, those of the map.</summary>
    internal int Capacity => Volatile.Read(ref _region) is { } region ? region.Length : Volatile.Read(ref _capacity);

    /// <summary>Lets a segment that is not mapped yet become longer than was planned; without effect on one that is.</summary>
    internal void Plan(int capacity) => Volatile.Write(ref _capacity, Math.Max(capacity, Volatile.Read(ref _capacity)));

    internal ModifiedTime Modified { get; } = new();

    /// <summary>Set by <see cref="Close"/>, after which nobody gets a new lease.</summary>
    internal GivenUpFlag GivenUp { get; } = new();

    /// <summary>Takes the time as that of the last append, if there was one since the last call.</summary>
    internal void NoteModified(long nowMs) => Modified.Note(SegmentWord.Position(Volatile.Read(ref Reservation)), nowMs);

    /// <summary>The mapping's first byte; the segment must have been mapped and be leased.</summary>
    internal byte* Start
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _region!.Pointer;
    }

    /// <summary>Makes memory ready for coming index entries.</summary>
    internal void MakeIndexRoom()
    {
        Offsets.MakeRoom();
        Times.MakeRoom();
    }

    /// <summary>The mapping, for the simulator, which tears stores to it; null where there is none.</summary>
    internal MappedRegion? Region => Volatile.Read(ref _region);

    /// <inheritdoc cref="MappedRegion.TryUseLargePages"/>
    internal bool TryUseLargePages(int position, int length) => _region!.TryUseLargePages(position, length);

    /// <inheritdoc cref="MappedRegion.PopulateForRead"/>
    internal IoResult PopulateForRead(int position, int length) => _region!.PopulateForRead(position, length);

    /// <summary>Whether the file is mapped.</summary>
    internal bool IsMapped => Volatile.Read(ref _region) is not null;

    /// <summary>Brings allocated bytes behind the end into memory; the caller holds a lease.</summary>
    internal void PopulateForWrite(int position, int length) => _region!.PopulateForWrite(position, length);

    /// <summary>Up to where the file has large pages in memory. Written by the prefault duty, read by appenders.</summary>
    internal int LargePagesEnd { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    /// <summary>Brings published bytes into memory before they are read; see <see cref="ResidentChunks"/>. The caller holds a lease.</summary>
    internal IoResult Populate(int position, int end, int limit, int nowSeconds, out int readyEnd)
    {
        ResidentChunks? resident = Volatile.Read(ref _resident);
        if (resident is null)
        {
            var made = new ResidentChunks(_region!);
            resident = Interlocked.CompareExchange(ref _resident, made, null) ?? made;
        }

        return resident.Populate(position, end, limit, nowSeconds, out readyEnd);
    }

    /// <summary>Bytes of a range that is published; the caller holds a lease.</summary>
    internal ReadOnlyMemory<byte> Slice(int position, int length) => _region!.Memory.Slice(position, length);

    /// <summary>Reads published bytes in place; the caller holds a lease.</summary>
    internal ReadOnlySpan<byte> Bytes(int position, int length) => new(Start + position, length);

    /// <summary>Says what recovery found. Before anybody else knows the segment.</summary>
    internal void SetRecovered(int length, long nextOffset)
    {
        _allocatedEnd = length;
        _published.Value = _reservation.Value = SegmentWord.Pack((int)(nextOffset - BaseOffset), length);
    }

    /// <summary>
    /// Takes other indexes with the same entries, or others before anybody else knows the segment. Nobody may append to the indexes meanwhile;
    /// readers go on with those that they have.
    /// </summary>
    internal void UseIndexes(OffsetIndex offsets, TimeIndex times, TransactionIndex transactions)
    {
        Offsets = offsets;
        Times = times;
        Transactions = transactions;
    }

    /// <summary>Forgets indexes that turned out wrong. Before anybody else knows the segment.</summary>
    internal void ClearIndexes() => UseIndexes(new OffsetIndex(), new TimeIndex(), new TransactionIndex());

    /// <summary>Links a recovered segment to its successor. Before anybody else knows the segment.</summary>
    internal void SetSuccessor(LogSegment next)
    {
        _reservation.Value |= SegmentWord.Seal;
        Spare = Next = next;
    }

    internal void Name(string path, long baseOffset)
    {
        Path = path;
        BaseOffset = baseOffset;
    }

    /// <summary>Takes a lease to read; false when the segment is closed for good.</summary>
    internal bool TryAcquire() => TryAcquire(1);

    /// <summary>Takes a lease to append, held from before the reservation until the batch is pushed.</summary>
    internal bool TryAcquireForAppend() => TryAcquire(AppenderLease);

    /// <summary>Whether batches may be stored to the mapping; see <see cref="MappedRegion.IsStoreSafe"/>. The caller holds a lease on the mapped segment.</summary>
    internal bool IsStoreSafe => _region!.IsStoreSafe;

    /// <summary>Gives a reader's lease back; the last lease unmaps and closes.</summary>
    internal void Release() => Release(1);

    internal void ReleaseAppend() => Release(AppenderLease);

    /// <summary>True while somebody may reserve, copy or roll here.</summary>
    internal bool HasAppenders => (Volatile.Read(ref _leases) & ~GivenUpBit) >= AppenderLease;

    /// <summary>Opens and maps the file where it is not. The caller holds a lease.</summary>
    /// <param name="storage">Where the file is.</param>
    /// <param name="wasEvicted">True when this call opened it again.</param>
    internal IoResult EnsureMapped(IStorage storage, out bool wasEvicted)
    {
        wasEvicted = false;
        if (Volatile.Read(ref _region) is not null)
        {
            return IoResult.Ok;
        }

        IStorageFile? file = Volatile.Read(ref _file);
        if (file is null)
        {
            IoResult opened = storage.Open(Path, FileOpening.Existing, out IStorageFile? reopened);
            if (!opened.IsOk)
            {
                return opened;
            }

            file = Interlocked.CompareExchange(ref _file, reopened, null);
            wasEvicted = file is null;
            if (!wasEvicted)
            {
                reopened!.Dispose();
            }

            file ??= reopened;
        }

        IoResult result = file!.Map(Volatile.Read(ref _capacity), out MappedRegion? region);
        if (result.IsOk && Interlocked.CompareExchange(ref _region, region, null) is not null)
        {
            ((IDisposable)region!).Dispose();
        }

        return result;
    }

    /// <summary>
    /// Gives up file and map of a full segment that nobody holds; true also where it is closed for good. While it does, those who want a
    /// lease wait some microseconds.
    /// </summary>
    internal bool TryEvict()
    {
        if (IsClosed)
        {
            return true;
        }

        bool isFull = Volatile.Read(ref Next) is not null && IsFlushed && Volatile.Read(ref IndexFilesState) != IndexFiles.Stale;
        if (!isFull || Interlocked.CompareExchange(ref _leases, Evicting, 1) != 1)
        {
            return false;
        }

        ((IDisposable?)_region)?.Dispose();
        _file?.Dispose();
        _region = null;
        _resident = null;
        _file = null;
        Volatile.Write(ref _leases, 1);
        return true;
    }

    /// <summary>Gives back the log's own lease, once; who holds one keeps it, and nobody gets a new one.</summary>
    internal void Close()
    {
        long leases = Volatile.Read(ref _leases);
        while (true) // Ends when the count is changed; an eviction, which is waited for, takes microseconds.
        {
            if (leases == Evicting)
            {
                SegmentHooks.Wait(Hooks, LogPoint.WaitEviction);
            }
            else if (Interlocked.CompareExchange(ref _leases, leases - 1 + GivenUpBit, leases) == leases)
            {
                GivenUp.Set(); // After the leases: who finds it set finds the segment given up.
                DisposeIfClosed(leases - 1 + GivenUpBit);
                return;
            }

            leases = Volatile.Read(ref _leases);
        }
    }

    /// <summary>
    /// Gives the file blocks up to a position, in steps that double from 64 KiB to 16 MiB. Any appender may do it, also several at
    /// once: allocating twice changes nothing. The caller holds a lease.
    /// </summary>
    internal IoResult Extend(int neededEnd, SegmentHooks? hooks = null)
    {
        int end = AllocatedEnd;
        long target = Math.Max(end, FirstAllocationStep);
        while (target < neededEnd)
        {
            target += Math.Min(target, LastAllocationStep);
        }

        if (end >= neededEnd)
        {
            return IoResult.Ok;
        }

        if (end == 0)
        {
            MakeIndexRoom(); // With the first blocks: an idle segment has neither.
        }

        target = Math.Min(target, Capacity);
        IoResult result = _file!.Allocate(end, target - end);
        if (!result.IsOk)
        {
            return result;
        }

        // The file may have been sealed and cut meanwhile; then it has just grown a tail of zeros again, which is cut off here. A
        // sealer that comes after this look cuts by itself.
        Interlocked.MemoryBarrier();
        hooks?.AtExtended();
        long word = Volatile.Read(ref Reservation);
        if (SegmentWord.IsSealed(word))
        {
            return Trim(word);
        }

        while (end < target)
        {
            int seen = Interlocked.CompareExchange(ref _allocatedEnd, (int)target, end);
            if (seen == end)
            {
                break;
            }

            end = seen;
        }

        return IoResult.Ok;
    }

    /// <summary>Cuts a sealed file to its final end.</summary>
    internal IoResult Trim(long sealedWord) => _file!.SetLength(SegmentWord.Position(sealedWord));

    /// <summary>Tells whether the batch at a position below the reservation is complete.</summary>
    internal bool IsComplete(int position) => Volatile.Read(ref *(Start + position + BatchLayout.Magic)) == BatchLayout.MagicV2;

    private bool TryAcquire(long lease)
    {
        long leases = Volatile.Read(ref _leases);
        while (leases is > 0 and < GivenUpBit || leases == Evicting)
        {
            if (leases == Evicting)
            {
                SegmentHooks.Wait(Hooks, LogPoint.WaitEviction);
                leases = Volatile.Read(ref _leases);
                continue;
            }

            long seen = Interlocked.CompareExchange(ref _leases, leases + lease, leases);
            if (seen == leases)
            {
                return true;
            }

            leases = seen;
        }

        return false;
    }

    private void Release(long lease) => DisposeIfClosed(Interlocked.Add(ref _leases, -lease));

    private void DisposeIfClosed(long leases)
    {
        if (leases is 0 or GivenUpBit)
        {
            ((IDisposable?)_region)?.Dispose();
            _file?.Dispose();
        }
    }
}
