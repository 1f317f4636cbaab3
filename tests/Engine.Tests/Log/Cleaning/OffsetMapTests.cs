using CsCheck;
using Zurau.Engine.Log.Cleaning;

namespace Engine.Tests.Log.Cleaning;

/// <summary>The map of keys remembers the last offset of each and keeps to its budget.</summary>
public sealed class OffsetMapTests
{
    [Theory]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    public void Hashes_are_SipHash_2_4_of_128_bits(int length, string expected)
    {
        var hash = new KeyHash(0x0706050403020100, 0x0F0E0D0C0B0A0908);
        byte[] bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(bytes, hash.Of([.. Enumerable.Range(0, length).Select(static i => (byte)i)]));
        Assert.Equal(expected, Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void It_answers_like_a_dictionary_until_it_is_full() => Property.HoldsForHistories(Gen.Int[3, 299], Gen.Byte.Array[0, 2].Select(Convert.ToHexString), 400, static (slots, keys) =>
    {
        var map = new OffsetMap(slots * OffsetMap.SlotBytes, 0.9, new Random(slots));
        var model = new Dictionary<string, long>();
        for (int offset = 0; offset < keys.Count; offset++)
        {
            if (!map.TryPut(map.Prepare(Convert.FromHexString(keys[offset])), offset))
            {
                Assert.False(model.ContainsKey(keys[offset]));
                break;
            }

            model[keys[offset]] = offset;
        }

        Assert.Equal(model.Count, map.Count);
        Assert.True(map.Count >= 1 && map.SizeBytes <= slots * OffsetMap.SlotBytes);
        Assert.All(model, entry => Assert.Equal(entry.Value, map.Get(map.Prepare(Convert.FromHexString(entry.Key)))));
        Assert.Equal(-1, map.Get(map.Prepare("another key"u8)));
    });

    [Fact]
    public void It_takes_room_for_the_keys_there_are_and_never_more_than_its_budget()
    {
        Assert.True(Filled(128 << 20, keys: 1000).SizeBytes < 200_000);
        foreach (int slots in (int[])[2, 1000, 20_000, 500_000])
        {
            OffsetMap full = Filled(slots * OffsetMap.SlotBytes, keys: int.MaxValue);

            // While the map grows, the previous slots exist too.
            Assert.InRange(full.SizeBytes, 1, slots * OffsetMap.SlotBytes * (slots < 20_000 ? 1 : 0.8));
            Assert.InRange(full.Count, slots * (slots < 20_000 ? 0.5 : 0.71), slots * 0.9);
            for (int key = 0; key < full.Count; key += 7)
            {
                Assert.Equal(key, full.Get(full.Prepare(BitConverter.GetBytes(key))));
            }
        }
    }

    [Fact]
    public void Offsets_that_are_too_far_from_the_first_one_end_it_and_never_are_taken_for_others()
    {
        var map = new OffsetMap(1 << 20, 0.9, new Random(1));
        const long First = 1L << 60;
        Assert.True(map.TryPut(map.Prepare("a"u8), First));
        Assert.True(map.TryPut(map.Prepare("b"u8), First + (1L << 40) - 2));
        Assert.False(map.TryPut(map.Prepare("c"u8), First + (1L << 40) - 1));
        Assert.Equal([First, First + (1L << 40) - 2, -1], new[] { "a", "b", "c" }.Select(key => map.Get(map.Prepare(System.Text.Encoding.UTF8.GetBytes(key)))));
    }

    private static OffsetMap Filled(long budgetBytes, int keys)
    {
        var map = new OffsetMap(budgetBytes, 0.9, new Random(1));
        for (int key = 0; key < keys && map.TryPut(map.Prepare(BitConverter.GetBytes(key)), key); key++)
        {
        }

        return map;
    }
}
