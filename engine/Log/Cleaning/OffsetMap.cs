using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// The last offset of each key in a range of a log, by the key's hash. The first pass of a
/// cleaning fills it and the second one reads it. Uses 16 bytes per slot and never more than
/// its budget, also while it grows; when it is full, the range ends at that record. A slot
/// keeps 88 bits of a key's hash: with six million keys, two are equal by chance in one of
/// 10^13 cleanings. Not thread-safe.
/// </summary>
internal sealed unsafe class OffsetMap
{
    internal const int SlotBytes = 16;

    // A small map stays in the processor's caches, so it begins small. While it grows, the old
    // and the new one both exist.
    private const int FirstSlots = 4096;
    private const int Growth = 4;

    // If it is more than half full, linear probing visits many slots; only a map that has
    // reached its budget becomes fuller.
    private const double ComfortableLoad = 0.5;

    private const int OffsetBits = 40;
    private const long OffsetMask = (1L << OffsetBits) - 1;
    private readonly long _lastSlots; // The maximum number of slots.
    private readonly double _loadFactor;
    private readonly KeyHash _hash;
    private Slot[] _slots;
    private int _most; // The maximum number of keys in these slots.
    private long _firstOffset = -1; // Offset of the first record that was put; stored offsets are relative to it.

    /// <param name="budgetBytes">The maximum memory in bytes.</param>
    /// <param name="loadFactor">The maximum share of used slots.</param>
    /// <param name="random">Generates the secret of the hash.</param>
    internal OffsetMap(long budgetBytes, double loadFactor, Random random)
    {
        _lastSlots = Math.Clamp(budgetBytes / SlotBytes, 2, Array.MaxLength);
        _loadFactor = loadFactor;
        _hash = new KeyHash((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue));
        _slots = [];
        long first = _lastSlots;
        if (first >= FirstSlots * Growth)
        {
            first = _lastSlots = _lastSlots / (Growth + 1) * Growth;
        }

        while (first >= FirstSlots * Growth)
        {
            first /= Growth;
        }

        Resize(first);
    }

    /// <summary>The number of keys.</summary>
    internal int Count { get; private set; }

    /// <summary>The last offset up to which every record is in the map; -1 for none.</summary>
    internal long LatestOffset { get; set; } = -1;

    /// <summary>The memory of the slots.</summary>
    internal long SizeBytes => (long)_slots.Length * SlotBytes;

    /// <summary>
    /// Computes a key's hash and prefetches its slot: a lookup a few records later finds it in
    /// the cache.
    /// </summary>
    internal UInt128 Prepare(ReadOnlySpan<byte> key)
    {
        UInt128 hash = _hash.Of(key);
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref _slots[Home(hash)]));
        }

        return hash;
    }

    /// <summary>
    /// Records the offset of a key, by its hash and in the order of offsets; false if there is
    /// no space for another key.
    /// </summary>
    internal bool TryPut(UInt128 hash, long offset)
    {
        if (_firstOffset < 0)
        {
            _firstOffset = offset;
        }

        if (offset - _firstOffset >= OffsetMask)
        {
            return false;
        }

        ref Slot slot = ref Find(hash);
        if (slot.IsEmpty)
        {
            if (Count >= _most)
            {
                return TryGrow() && TryPut(hash, offset);
            }

            Count++;
        }

        slot = new Slot(hash, offset - _firstOffset + 1);
        return true;
    }

    /// <summary>Returns the last offset of a key by its hash; -1 if it is not in the map.</summary>
    internal long Get(UInt128 hash)
    {
        Slot slot = Find(hash);
        return slot.IsEmpty ? -1 : _firstOffset + slot.Offset - 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Home(UInt128 hash) => (int)Math.BigMul((ulong)(hash >> 64), (ulong)_slots.Length, out _);

    /// <summary>
    /// Returns the slot of a hash, or the empty one in which it would be stored. There is
    /// always an empty one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Slot Find(UInt128 hash)
    {
        Slot[] slots = _slots;
        int index = Home(hash);
        while (true) // Ends at an empty slot: the map is never full.
        {
            ref Slot slot = ref slots[index];
            if (slot.IsEmpty || slot.Is(hash))
            {
                return ref slot;
            }

            index++;
            index = index == slots.Length ? 0 : index;
        }
    }

    private bool TryGrow()
    {
        if (IsLast)
        {
            return false;
        }

        Resize(_slots.LongLength * Growth);
        return true;
    }

    private bool IsLast => _slots.LongLength * Growth > _lastSlots;

    /// <summary>
    /// Moves the slots to a larger array. Both arrays are in the order of hashes, except within
    /// runs, so memory is read and written sequentially.
    /// </summary>
    private void Resize(long length)
    {
        Slot[] old = _slots;
        _slots = new Slot[length];
        _most = (int)Math.Clamp(length * (IsLast ? _loadFactor : ComfortableLoad), 1, length - 1);
        foreach (Slot slot in old)
        {
            if (!slot.IsEmpty)
            {
                Find(slot.Hash) = slot;
            }
        }
    }

    private readonly struct Slot(UInt128 hash, long offsetFromOne)
    {
        private readonly ulong _high = (ulong)(hash >> 64);
        private readonly ulong _lowAndOffset = ((ulong)hash << OffsetBits) | (ulong)offsetFromOne; // The offset is 0 in an empty slot only.

        internal bool IsEmpty => _lowAndOffset == 0;

        internal long Offset => (long)_lowAndOffset & OffsetMask;

        /// <summary>The stored bits of the hash.</summary>
        internal UInt128 Hash => new(_high, _lowAndOffset >> OffsetBits);

        internal bool Is(UInt128 hash) => _high == (ulong)(hash >> 64) && (_lowAndOffset ^ ((ulong)hash << OffsetBits)) >> OffsetBits == 0;
    }
}
