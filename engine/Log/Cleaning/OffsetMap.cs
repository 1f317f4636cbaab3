using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// The last offset of each key in a range of a log, by the key's hash: what the first pass of a cleaning makes and the second one asks.
/// Takes 16 bytes a slot and never more than its budget, also while it grows; once it is full, the range ends where it stands. A slot keeps
/// 88 bits of a key's hash: with six million keys, chance makes two of them the same once in 10^13 cleanings. Not thread-safe.
/// </summary>
internal sealed unsafe class OffsetMap
{
    internal const int SlotBytes = 16;

    // A small map stays in the processor's caches, so it begins small; the old and the new one are both there while it grows.
    private const int FirstSlots = 4096;
    private const int Growth = 4;

    // More than half full, linear probing looks at many slots; fuller than this it is only made where the budget says so.
    private const double ComfortableLoad = 0.5;

    private const int OffsetBits = 40;
    private const long OffsetMask = (1L << OffsetBits) - 1;
    private readonly long _lastSlots; // It does not grow beyond.
    private readonly double _loadFactor;
    private readonly KeyHash _hash;
    private Slot[] _slots;
    private int _most; // Keys in these slots, at most.
    private long _firstOffset = -1; // Of the first key that was put; offsets are relative to it.

    /// <param name="budgetBytes">The most memory it may take.</param>
    /// <param name="loadFactor">How full it may become, as a share of its slots.</param>
    /// <param name="random">Where the secret of the hash comes from.</param>
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

    /// <summary>Keys in it.</summary>
    internal int Count { get; private set; }

    /// <summary>Up to where every record is in it; -1 for nothing.</summary>
    internal long LatestOffset { get; set; } = -1;

    /// <summary>Memory that it takes.</summary>
    internal long SizeBytes => (long)_slots.Length * SlotBytes;

    /// <summary>Computes a key's hash and has the processor fetch what the map knows of it: asked for a few records later, it is there.</summary>
    internal UInt128 Prepare(ReadOnlySpan<byte> key)
    {
        UInt128 hash = _hash.Of(key);
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref _slots[Home(hash)]));
        }

        return hash;
    }

    /// <summary>Notes a record of a key, by its hash and in the order of offsets; false where there is no room for another key.</summary>
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

    /// <summary>The last offset of a key by its hash; -1 where it is not in the map.</summary>
    internal long Get(UInt128 hash)
    {
        Slot slot = Find(hash);
        return slot.IsEmpty ? -1 : _firstOffset + slot.Offset - 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Home(UInt128 hash) => (int)Math.BigMul((ulong)(hash >> 64), (ulong)_slots.Length, out _);

    /// <summary>The slot of a hash, or the empty one where it would be. There always is an empty one.</summary>
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

    /// <summary>Both the old and the new slots are in the order of hashes, but for runs, so this goes through memory once.</summary>
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

        /// <summary>What is kept of the hash.</summary>
        internal UInt128 Hash => new(_high, _lowAndOffset >> OffsetBits);

        internal bool Is(UInt128 hash) => _high == (ulong)(hash >> 64) && (_lowAndOffset ^ ((ulong)hash << OffsetBits)) >> OffsetBits == 0;
    }
}
