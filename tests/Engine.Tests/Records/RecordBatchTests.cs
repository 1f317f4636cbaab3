using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Zurau;
using Zurau.Engine.Records;

namespace Engine.Tests.Records;

public sealed class RecordBatchTests
{
    // Made from the public specification and read again by an independent decoder: two records, base timestamp 1700000000000.
    private const string Golden =
        "000000000000000000000047ffffffff02e819a1fb0000000000010000018bcfe568000000018bcfe56805ffffffffffffffffffffffffffff0000000214000000046b310476310014000a0201010202680278";

    [Fact]
    public void A_batch_is_byte_for_byte_what_the_specification_says()
    {
        var builder = new RecordBatchBuilder(new byte[256]);
        builder.Append(1_700_000_000_000, "k1"u8, isKeyNull: false, "v1"u8, isValueNull: false);
        builder.Append(1_700_000_000_005, default, isKeyNull: true, default, isValueNull: true, new Headers().Add("h", "x"));

        Assert.Equal(Golden, Convert.ToHexStringLower(builder.Build().Span));
    }

    [Fact]
    public void The_batch_of_the_specification_is_read_with_all_its_fields()
    {
        Assert.True(RecordBatchView.TryRead(Convert.FromHexString(Golden), out RecordBatchView batch));
        Assert.True(batch.IsCrcValid());
        Assert.Equal((0, 1, -1, 2), (batch.BaseOffset, batch.LastOffset, batch.PartitionLeaderEpoch, batch.RecordsCount));
        Assert.Equal((1_700_000_000_000, 1_700_000_000_005), (batch.BaseTimestamp, batch.MaxTimestamp));
        Assert.Equal((-1L, (short)-1, -1), (batch.ProducerId, batch.ProducerEpoch, batch.BaseSequence));
        RecordReader records = batch.Records();
        Assert.True(records.Read());
        Assert.Equal("k1=v1", $"{Encoding.UTF8.GetString(records.Key)}={Encoding.UTF8.GetString(records.Value)}");
        Assert.True(records.Read());
        Assert.True(records.IsKeyNull && records.IsValueNull);
        Assert.Equal((1, 1_700_000_000_005), (records.Offset, records.Timestamp));
        Header header = Assert.Single(records.Headers.ToHeaders());
        Assert.Equal("h=x", $"{header.Key}={Encoding.UTF8.GetString(header.Value!)}");
        Assert.False(records.Read());
    }

    [Fact]
    public void The_checksum_is_Castagnoli() => Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));

    [Fact]
    public void A_long_checksum_is_that_of_its_bits_one_by_one() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed =>
    {
        var random = new Random(seed);
        byte[] bytes = new byte[random.Next(0, 8000)];
        random.NextBytes(bytes);
        uint crc = ~0u;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int i = 0; i < 8; i++)
            {
                crc = (crc >> 1) ^ ((crc & 1) == 0 ? 0 : 0x82F63B78);
            }
        }

        return Crc32C.Compute(bytes) == ~crc;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_checksum_of_two_pieces_is_that_of_the_whole() =>
        Prop.ForAll<byte[], byte[]>(static (first, second) => Crc32C.Compute(first, second) == Crc32C.Compute([.. first, .. second])).QuickCheckThrowOnFailure();

    [Fact]
    public void Variable_length_integers_come_back_and_take_the_bytes_they_say() =>
        Prop.ForAll<long, int>(static (wide, narrow) => RoundTrips(wide) && RoundTrips(narrow) && RoundTrips(~wide << (narrow & 63))).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_records_come_back_from_a_batch() => Prop.ForAll(Arb.From(Records()), static (Record[] records) =>
    {
        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + records.Sum(static record => record.SizeUpperBound)]);
        Array.ForEach(records, record => record.AppendTo(builder));
        byte[] bytes = builder.Build().ToArray();
        bool isRead = RecordBatchView.TryRead(bytes, out RecordBatchView batch);
        return isRead && batch.IsCrcValid() && batch.RecordsCount == records.Length && Read(batch).SequenceEqual(records.Select(static record => record.ToString()));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_flipped_bit_behind_the_header_s_first_fields_is_noticed() => Prop.ForAll(Gen.Choose(BatchLayout.Crc * 8, (Golden.Length * 4) - 1).ToArbitrary(), static bit =>
    {
        byte[] bytes = Convert.FromHexString(Golden);
        bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        return !RecordBatchView.TryRead(bytes, out RecordBatchView batch) || !batch.IsCrcValid();
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Hostile_bytes_are_refused_and_never_read_past() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed =>
    {
        // Damage that keeps the checksum good, as a hostile client would.
        var random = new Random(seed);
        byte[] bytes = Convert.FromHexString(Golden);
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            bytes[random.Next(BatchLayout.RecordsCount, bytes.Length)] = (byte)random.Next(256);
        }

        RecordBatchView.TryRead(bytes, out RecordBatchView batch);
        try
        {
            _ = Read(batch).Count;
        }
        catch (InvalidRecordException)
        {
        }

        return true;
    }).QuickCheckThrowOnFailure();

    private static bool RoundTrips(long value)
    {
        byte[] bytes = new byte[Varint.MaxSize64];
        int size = Varint.WriteSigned(bytes, value);
        int position = 0;
        return size == Varint.SizeOfSigned(value) && Varint.TryReadSigned(bytes, ref position, out long read) && read == value && position == size;
    }

    private static bool RoundTrips(int value)
    {
        byte[] bytes = new byte[Varint.MaxSize32];
        int size = Varint.WriteSigned(bytes, value);
        int position = 0;
        return size == Varint.SizeOfSigned(value) && Varint.TryReadSigned(bytes, ref position, out int read) && read == value && position == size;
    }

    private static List<string> Read(RecordBatchView batch)
    {
        var read = new List<string>();
        RecordReader records = batch.Records();
        while (records.Read())
        {
            read.Add(new Record(
                records.Timestamp,
                records.IsKeyNull ? null : records.Key.ToArray(),
                records.IsValueNull ? null : records.Value.ToArray(),
                [.. records.Headers.ToHeaders()]).ToString());
        }

        return read;
    }

    private static Gen<Record[]> Records()
    {
        Gen<byte[]?> bytes = Gen.OneOf(Gen.Constant<byte[]?>(null), ArbMap.Default.GeneratorFor<byte[]>().Select(static b => (byte[]?)b));
        Gen<Header> header = from name in ArbMap.Default.GeneratorFor<NonNull<string>>() from value in bytes select new Header(Clean(name.Get), value);
        Gen<Record> record =
            from timestamp in Gen.Choose(-1, int.MaxValue)
            from key in bytes
            from value in bytes
            from headers in header.ListOf()
            select new Record(timestamp * 1000L, key, value, [.. headers]);
        return record.NonEmptyListOf().Select(static records => records.ToArray());
    }

    // Half a surrogate pair has no UTF-8 form.
    private static string Clean(string name) => new([.. name.Where(static c => !char.IsSurrogate(c))]);

    private sealed record Record(long Timestamp, byte[]? Key, byte[]? Value, Header[] Headers)
    {
        internal int SizeUpperBound => RecordBatchBuilder.SizeUpperBound(Key?.Length ?? -1, Value?.Length ?? -1, RecordBatchBuilder.SizeOfHeaders(new Headers(Headers)));

        internal void AppendTo(RecordBatchBuilder builder) => builder.Append(Timestamp, Key, Key is null, Value, Value is null, new Headers(Headers));

        public override string ToString() =>
            $"{Timestamp} {Hex(Key)} {Hex(Value)} {string.Join(",", Headers.Select(static header => $"{header.Key}:{Hex(header.Value)}"))}";

        private static string Hex(byte[]? bytes) => bytes is null ? "null" : Convert.ToHexString(bytes);
    }
}
