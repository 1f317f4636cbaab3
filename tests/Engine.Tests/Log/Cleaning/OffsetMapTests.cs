using FsCheck;
using FsCheck.Fluent;
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
    public void It_answers_like_a_dictionary_until_it_is_full() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed =>
    {
        var random = new Random(seed);
        int slots = random.Next(3, 300);
        var map = new OffsetMap(random.Next(1, 400), slots * OffsetMap.SlotBytes, 0.9, random);
        var model = new Dictionary<string, long>();
        for (int offset = 0; offset < 400; offset++)
        {
            byte[] key = new byte[random.Next(0, 3)];
            random.NextBytes(key);
            bool isNew = !model.ContainsKey(Convert.ToHexString(key));
            if (!map.TryPut(key, offset))
            {
                Assert.True(isNew);
                break;
            }

            model[Convert.ToHexString(key)] = offset;
        }

        Assert.Equal(model.Count, map.Count);
        Assert.True(map.Count >= 1 && map.SizeBytes <= slots * OffsetMap.SlotBytes);
        Assert.All(model, entry => Assert.Equal(entry.Value, map.Get(Convert.FromHexString(entry.Key))));
        Assert.Equal(-1, map.Get("another key"u8));
        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void It_takes_room_for_the_keys_there_are_and_not_its_whole_budget()
    {
        Assert.True(new OffsetMap(1000, 128 * 1024 * 1024, 0.9, new Random(1)).SizeBytes < 100_000);
        var full = new OffsetMap(long.MaxValue, 24 * 1000, 0.9, new Random(1));
        Assert.Equal(24_000, full.SizeBytes);
        int keys = 0;
        while (full.TryPut(BitConverter.GetBytes(keys), keys))
        {
            keys++;
        }

        Assert.Equal(900, keys);
    }
}
