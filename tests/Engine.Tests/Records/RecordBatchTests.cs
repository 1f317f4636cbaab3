using System.Text;
using CsCheck;
using Zurau;
using Zurau.Engine.Records;

namespace Engine.Tests.Records;

public sealed class RecordBatchTests
{
    // Made from the public specification and read again by an independent decoder: two
    // records, base timestamp 1700000000000.
    private const string Golden =
        "000000000000000000000047ffffffff02e819a1fb0000000000010000018bcfe568000000018bcfe56805ffffffffffffffffffffffffffff0000000214000000046b310476310014000a0201010202680278";

    private static readonly Gen<byte[]?> s_bytes = Gen.OneOf(Gen.Const(static () => (byte[]?)null), Gen.Byte.Array.Select(static bytes => (byte[]?)bytes));

    // Half a surrogate pair has no UTF-8 form.
    private static readonly Gen<Header> s_header = Gen.Select(
        Gen.String.Select(static name => new string([.. name.Where(static c => !char.IsSurrogate(c))])),
        s_bytes,
        static (name, value) => new Header(name, value));

    private static readonly Gen<Record[]> s_records =
        Gen.Select(Gen.Int[-1, int.MaxValue], s_bytes, s_bytes, s_header.Array[0, 10], static (seconds, key, value, headers) => new Record(seconds * 1000L, key, value, headers))
            .Array[1, 50];

    [Fact]
    public void A_batch_matches_the_specification_byte_for_byte()
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
    public void Variable_length_integers_come_back_and_take_the_bytes_they_say() =>
        Gen.Select(Gen.Long, Gen.Int).Sample(static (wide, narrow) => RoundTrips(wide) && RoundTrips(narrow) && RoundTrips(~wide << (narrow & 63)), iter: 10_000);

    [Fact]
    public void Any_records_come_back_from_a_batch() => s_records.Sample(static records =>
    {
        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + records.Sum(static record => record.SizeUpperBound)]);
        Array.ForEach(records, record => record.AppendTo(builder));
        byte[] bytes = builder.Build().ToArray();
        bool isRead = RecordBatchView.TryRead(bytes, out RecordBatchView batch);
        return isRead && batch.IsCrcValid() && batch.RecordsCount == records.Length && Read(batch).SequenceEqual(records.Select(static record => record.ToString()));
    });

    [Fact]
    public void Any_flipped_bit_after_the_header_s_first_fields_is_detected() => Assert.All(Enumerable.Range(BatchLayout.Crc * 8, (Golden.Length * 4) - (BatchLayout.Crc * 8)), static bit =>
    {
        byte[] bytes = Convert.FromHexString(Golden);
        bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        Assert.True(!RecordBatchView.TryRead(bytes, out RecordBatchView batch) || !batch.IsCrcValid());
    });

    [Fact]
    public void Hostile_bytes_are_refused_and_never_read_past() =>
        Gen.Select(Gen.Int[BatchLayout.RecordsCount, (Golden.Length / 2) - 1], Gen.Byte).Array[1, 5].Sample(static changes =>
        {
            // Damage that keeps the checksum good, as a hostile client would.
            byte[] bytes = Convert.FromHexString(Golden);
            Array.ForEach(changes, change => bytes[change.Item1] = change.Item2);
            RecordBatchView.TryRead(bytes, out RecordBatchView batch);
            try
            {
                _ = Read(batch).Count;
            }
            catch (InvalidRecordException)
            {
            }
        }, iter: 10_000);

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

    private sealed record Record(long Timestamp, byte[]? Key, byte[]? Value, Header[] Headers)
    {
        internal int SizeUpperBound => RecordBatchBuilder.SizeUpperBound(Key?.Length ?? -1, Value?.Length ?? -1, RecordBatchBuilder.SizeOfHeaders(new Headers(Headers)));

        internal void AppendTo(RecordBatchBuilder builder) => builder.Append(Timestamp, Key, Key is null, Value, Value is null, new Headers(Headers));

        public override string ToString() =>
            $"{Timestamp} {Hex(Key)} {Hex(Value)} {string.Join(",", Headers.Select(static header => $"{header.Key}:{Hex(header.Value)}"))}";

        private static string Hex(byte[]? bytes) => bytes is null ? "null" : Convert.ToHexString(bytes);
    }
}
