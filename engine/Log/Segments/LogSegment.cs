using System.Buffers;
using System.Runtime.CompilerServices;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// One <c>.log</c> file and its words of the append protocol. A segment object is never used
/// for a second file, so a word never returns to an old value. docs/architecture.md has a table
/// of the writers and readers of each word. No other type of the log accesses mapped bytes.
/// </summary>
internal sealed unsafe class LogSegment
{
    /// <summary>The bytes allocated first; a file grows in multiples of them.</summary>
    internal const int FirstAllocationStep = 64 * 1024;

    private const int LastAllocationStep = 16 * 1024 * 1024;

    /// <summary>The first batch has no timestamp.</summary>
    internal const long NoTimestamp = -1;

    private const long UnknownTimestamp = -2;

    private IStorageFile? _file; // Null while the segment is evicted; set again by compare-and-swap.
    private int _capacity; // Bytes to map; changed only before the segment is mapped.
    private PaddedWord _reservation;
    private PaddedWord _published;
    private MappedRegion? _region; // Set by compare-and-swap; null again only while there are no leases.
    private ResidentChunks? _resident; // Of this mapping; set by compare-and-swap, null again with it.
    private long _firstTimestamp = UnknownTimestamp; // Written once by the holder of the indexer's flag, read by appenders.
    private int _allocatedEnd; // Only grows while the segment is open; by compare-and-swap.
    private volatile IndexFilesState _indexFilesState = IndexFilesState.Durable;
    private SegmentLeases _leases = new();

    /// <summary>Creates a segment of an open file without known batches.</summary>
    /// <param name="file">The file; closed with the segment.</param>
    /// <param name="path">Its current path; a spare is renamed when it is linked.</param>
    /// <param name="baseOffset">Offset of the first record; -1 for a spare.</param>
    /// <param name="capacity">Bytes that may be mapped and appended to.</param>
    /// <param name="length">The length of the file in bytes.</param>
    internal LogSegment(IStorageFile file, string path, long baseOffset, int capacity, int length)
    {
        _file = file;
        Path = path;
        BaseOffset = baseOffset;
        _capacity = Math.Max(capacity, Math.Max(length, 1));
        _allocatedEnd = length;
    }

    /// <summary>The file's path. Changes when a spare is linked (every helper writes the same value), and when the segment is removed.</summary>
    internal string Path { get; private set; }

    /// <summary>Offset of the first record. Set once for a spare, before it is linked; every helper writes the same value.</summary>
    internal long BaseOffset { get; private set; }

    /// <summary>The name a spare was made under; null for segments found at open.</summary>
    internal string? SparePath { get; init; }

    internal OffsetIndex Offsets { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); } = new();

    internal TimeIndex Times { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); } = new();

    internal TransactionIndex Transactions { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); } = new();

    /// <summary>The state of the index files.</summary>
    internal IndexFilesState IndexFilesState { get => _indexFilesState; set => _indexFilesState = value; }

    /// <summary>The segment that will follow: created before this one is sealed, set once by compare-and-swap.</summary>
    internal LogSegment? Spare;

    /// <summary>The segment that follows: the spare after it was renamed, set once by compare-and-swap.</summary>
    internal LogSegment? Next;

    /// <summary>The position and offset of the next append, and the seal. Moved by appenders and sealers.</summary>
    internal ref long Reservation => ref _reservation.Value;

    /// <summary>The end up to which every batch is complete. Moved by the push loop; never past the reservation.</summary>
    internal ref long Published => ref _published.Value;

    /// <summary>The largest timestamp of the first batch; <see cref="NoTimestamp"/>, or less while it is not known.</summary>
    internal long FirstTimestamp
    {
        get => Volatile.Read(ref _firstTimestamp);
        set => Volatile.Write(ref _firstTimestamp, Math.Max(value, NoTimestamp));
    }

    /// <summary>The wall-clock time at which the segment was created or opened.</summary>
    internal long CreatedMs { get; init; }

    /// <summary>
    /// Bytes from the file's beginning that must be written again before a flush counts: they were in the page cache when the log
    /// was opened after an unclean shutdown, and an earlier failed flush may have left them there marked as clean. Belongs to the
    /// flusher.
    /// </summary>
    internal int DoubtfulBytes { get; set; }

    internal int AllocatedEnd => Volatile.Read(ref _allocatedEnd);

    /// <summary>The open file; null for a full segment that was evicted: its bytes are all durable.</summary>
    internal IStorageFile? File => Volatile.Read(ref _file);

    /// <summary>True once every byte of a full segment is on disk: its file may be closed, because no write-back error can follow.</summary>
    internal bool IsFlushed { get; set; }

    /// <summary>Whether it was read since the cache's last check.</summary>
    internal bool WasRead { get; set; }

    /// <summary>Null in production.</summary>
    internal SegmentHooks? Hooks { get; init; }

    /// <inheritdoc cref="SegmentLeases.IsClosed"/>
    internal bool IsClosed => _leases.IsClosed;

    /// <summary>Whether the segment was removed, or its log closed.</summary>
    internal bool IsGivenUp => _leases.IsGivenUp;

    /// <summary>The bytes that may be appended to: once mapped, the length of the mapping.</summary>
    internal int Capacity => Volatile.Read(ref _region) is { } region ? region.Length : Volatile.Read(ref _capacity);

    /// <summary>Raises the planned capacity of a segment that is not mapped yet; no effect on a mapped one.</summary>
    internal void Plan(int capacity) => Volatile.Write(ref _capacity, Math.Max(capacity, Volatile.Read(ref _capacity)));

    internal ModifiedTime Modified { get; } = new();

    /// <summary>Set by <see cref="Close"/>, after which no new lease is granted.</summary>
    internal GivenUpFlag GivenUp { get; } = new();

    /// <summary>Sets the time of the last append, if there was one since the last call.</summary>
    internal void NoteModified(long nowMs) => Modified.Note(SegmentWord.Position(Volatile.Read(ref Reservation)), nowMs);

    /// <summary>The mapping's first byte; the segment must have been mapped and be leased.</summary>
    private byte* Start
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _region!.Pointer;
    }

    /// <summary>Allocates memory for the next index entries in advance.</summary>
    internal void MakeIndexRoom()
    {
        Offsets.MakeRoom();
        Times.MakeRoom();
    }

    /// <summary>The mapping, for the simulator, which tears stores to it; null if there is none.</summary>
    internal MappedRegion? Region => Volatile.Read(ref _region);

    /// <inheritdoc cref="MappedRegion.TryUseLargePages"/>
    internal bool TryUseLargePages(int position, int length) => _region!.TryUseLargePages(position, length);

    /// <inheritdoc cref="MappedRegion.PopulateForRead"/>
    internal IoResult PopulateForRead(int position, int length) => _region!.PopulateForRead(position, length);

    /// <summary>Whether the file is mapped.</summary>
    internal bool IsMapped => Volatile.Read(ref _region) is not null;

    /// <summary>Brings allocated bytes past the end into memory; the caller holds a lease.</summary>
    internal void PopulateForWrite(int position, int length) => _region!.PopulateForWrite(position, length);

    /// <summary>The end of the file's large pages in memory. Written by the prefault duty, read by appenders.</summary>
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

    /// <summary>
    /// Stores bytes to a reserved range of the mapping; the caller holds a lease. Neither throws
    /// nor allocates, as the other stores.
    /// </summary>
    internal void Store(int position, ReadOnlySpan<byte> bytes) => bytes.CopyTo(new Span<byte>(Start + position, bytes.Length));

    /// <inheritdoc cref="Store(int, ReadOnlySpan{byte})"/>
    internal void Store(int position, in ReadOnlySequence<byte> bytes) => bytes.CopyTo(new Span<byte>(Start + position, (int)bytes.Length));

    /// <summary>
    /// Stores the header of a batch to its reservation, without the magic byte, which stays 0.
    /// </summary>
    internal void StoreUnpublished(int position, ReadOnlySpan<byte> header)
    {
        const int AfterMagic = BatchLayout.Magic + 1;
        byte* start = Start + position;
        header[..BatchLayout.Magic].CopyTo(new Span<byte>(start, BatchLayout.Magic));
        header[AfterMagic..BatchLayout.HeaderSize].CopyTo(new Span<byte>(start + AfterMagic, BatchLayout.HeaderSize - AfterMagic));
    }

    /// <summary>
    /// Stores the magic byte of a batch, in release order: all of its other bytes are visible
    /// before.
    /// </summary>
    internal void Publish(int position) => Volatile.Write(ref *(Start + position + BatchLayout.Magic), BatchLayout.MagicV2);

    /// <summary>Sets what recovery found. Before other threads use the segment.</summary>
    internal void SetRecovered(int length, long nextOffset)
    {
        _allocatedEnd = length;
        _published.Value = _reservation.Value = SegmentWord.Pack((int)(nextOffset - BaseOffset), length);
    }

    /// <summary>
    /// Replaces the indexes by ones with the same entries, or by others before other threads use the segment. The indexes must
    /// not be appended to meanwhile; readers continue with those that they have.
    /// </summary>
    internal void UseIndexes(OffsetIndex offsets, TimeIndex times, TransactionIndex transactions)
    {
        Offsets = offsets;
        Times = times;
        Transactions = transactions;
    }

    /// <summary>Clears indexes that are wrong. Before other threads use the segment.</summary>
    internal void ClearIndexes() => UseIndexes(new OffsetIndex(), new TimeIndex(), new TransactionIndex());

    /// <summary>Links a recovered segment to its successor. Before other threads use the segment.</summary>
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

    /// <summary>Changes the state of the index files if it is still the given one.</summary>
    internal void MoveIndexFiles(IndexFilesState from, IndexFilesState to) => Interlocked.CompareExchange(ref _indexFilesState, to, from);

    /// <summary>Acquires a lease to read; false if the segment is closed.</summary>
    internal bool TryAcquire() => _leases.TryAcquireForRead(Hooks);

    /// <summary>Acquires a lease to append, held from before the reservation until the batch is pushed.</summary>
    internal bool TryAcquireForAppend() => _leases.TryAcquireForAppend(Hooks);

    /// <summary>
    /// Whether batches may be stored to the mapping; see <see cref="MappedRegion.IsStoreSafe"/>. The caller holds a lease on the
    /// mapped segment.
    /// </summary>
    internal bool IsStoreSafe => _region!.IsStoreSafe;

    /// <summary>Releases a reader's lease; the last release unmaps and closes.</summary>
    internal void Release() => DisposeIf(_leases.ReleaseRead());

    internal void ReleaseAppend() => DisposeIf(_leases.ReleaseAppend());

    /// <summary>True while a thread may reserve, copy or roll here.</summary>
    internal bool HasAppenders => _leases.HasAppenders;

    /// <summary>Opens and maps the file unless it is mapped. The caller holds a lease.</summary>
    /// <param name="storage">The storage of the file.</param>
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
    /// Closes the file and mapping of a full segment without leases; true also if the segment is closed. Meanwhile threads that
    /// acquire a lease wait some microseconds.
    /// </summary>
    internal bool TryEvict()
    {
        if (IsClosed)
        {
            return true;
        }

        bool isFull = Volatile.Read(ref Next) is not null && IsFlushed && IndexFilesState != IndexFilesState.Stale;
        if (!isFull || !_leases.TryBeginEviction())
        {
            return false;
        }

        DisposeIf(true);
        _region = null;
        _resident = null;
        _file = null;
        _leases.EndEviction();
        return true;
    }

    /// <summary>Releases the log's own lease, once; other leases stay valid, and no new ones are granted.</summary>
    internal void Close()
    {
        bool isLast = _leases.GiveUp(Hooks);
        GivenUp.Set(); // After the leases: a thread that reads it as set also reads the segment as given up.
        DisposeIf(isLast);
    }

    /// <summary>
    /// Allocates blocks up to a position, in steps that double from 64 KiB to 16 MiB. Several appenders may call it at the same
    /// time: allocating twice changes nothing. The caller holds a lease.
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
            MakeIndexRoom(); // Together with the first blocks: an idle segment has neither.
        }

        target = Math.Min(target, Capacity);
        IoResult result = _file!.Allocate(end, target - end);
        if (!result.IsOk)
        {
            return result;
        }

        // The file may have been sealed and truncated meanwhile; then it has a tail of zeros again, which is truncated here. A
        // sealer after this read truncates the file itself.
        Interlocked.MemoryBarrier();
        hooks?.AtExtended();
        long word = Volatile.Read(ref Reservation);
        if (SegmentWord.IsSealed(word))
        {
            return Trim(word);
        }

        Monotonic.Raise(ref _allocatedEnd, (int)target);
        return IoResult.Ok;
    }

    /// <summary>Truncates a sealed file to its final end.</summary>
    internal IoResult Trim(long sealedWord) => _file!.SetLength(SegmentWord.Position(sealedWord));

    /// <summary>Returns whether the batch at a position below the reservation is complete.</summary>
    internal bool IsComplete(int position) => Volatile.Read(ref *(Start + position + BatchLayout.Magic)) == BatchLayout.MagicV2;

    private void DisposeIf(bool isLast)
    {
        if (isLast)
        {
            ((IDisposable?)_region)?.Dispose();
            _file?.Dispose();
        }
    }
}
