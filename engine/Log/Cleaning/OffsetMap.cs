using System.Runtime.CompilerServices;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// The last offset of each key in a range of a log, by the key's hash: what the first pass of a cleaning makes and the second one asks.
/// Takes 24 bytes a slot and never more than its budget; once it is full, the range ends where it stands. Not thread-safe.
/// </summary>
internal sealed class OffsetMap
{
    internal const int SlotBytes = 24;

    // More than half full, linear probing looks at many slots; fuller than this it is only made where the budget says so.
    private const double ComfortableLoad = 0.5;
    private readonly Slot[] _slots;
    private readonly int _most;
    private readonly KeyHash _hash;

    /// <param name="keys">How many keys there may be at most.</param>
    /// <param name="budgetBytes">The most memory it may take.</param>
    /// <param name="loadFactor">How full it may become, as a share of its slots.</param>
    /// <param name="random">Where the secret of the hash comes from.</param>
    internal OffsetMap(long keys, long budgetBytes, double loadFactor, Random random)
    {
        long most = Math.Clamp(budgetBytes / SlotBytes, 2, Array.MaxLength);
        long wanted = (long)Math.Min(Math.Max(keys, 1) / ComfortableLoad, most);
        _slots = new Slot[Math.Max(2, wanted)];
        _most = (int)Math.Clamp(wanted < most ? keys : (long)(_slots.Length * loadFactor), 1, _slots.Length - 1);
        _hash = new KeyHash((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue));
    }

    /// <summary>Keys in it.</summary>
    internal int Count { get; private set; }

    /// <summary>Up to where every record is in it; -1 for nothing.</summary>
    internal long LatestOffset { get; set; } = -1;

    /// <summary>Memory that it takes.</summary>
    internal long SizeBytes => (long)_slots.Length * SlotBytes;

    /// <summary>Notes a record of a key, in the order of offsets; false where there is no room for another key.</summary>
    internal bool TryPut(ReadOnlySpan<byte> key, long offset)
    {
        ref Slot slot = ref Find(_hash.Of(key), out UInt128 hash);
        if (slot.OffsetPlusOne == 0)
        {
            if (Count >= _most)
            {
                return false;
            }

            slot.Hash = hash;
            Count++;
        }

        slot.OffsetPlusOne = offset + 1;
        return true;
    }

    /// <summary>The last offset of a key; -1 where it is not in the map.</summary>
    internal long Get(ReadOnlySpan<byte> key) => Find(_hash.Of(key), out _).OffsetPlusOne - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Slot Find(UInt128 hash, out UInt128 same)
    {
        same = hash;
        int index = (int)Math.BigMul((ulong)hash, (ulong)_slots.Length, out _);
        while (true)
        {
            ref Slot slot = ref _slots[index];
            if (slot.OffsetPlusOne == 0 || slot.Hash == hash)
            {
                return ref slot;
            }

            index++;
            index = index == _slots.Length ? 0 : index;
        }
    }

    private struct Slot
    {
        private ulong _low;
        private ulong _high;
        internal long OffsetPlusOne; // 0 is an empty slot.

        // Two words and not a UInt128, whose alignment would make a slot eight bytes larger.
        internal UInt128 Hash
        {
            readonly get => new(_high, _low);
            set
            {
                _low = (ulong)value;
                _high = (ulong)(value >> 64);
            }
        }
    }
}
