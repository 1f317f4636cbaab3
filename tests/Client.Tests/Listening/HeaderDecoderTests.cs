using System.Buffers.Binary;
using CsCheck;
using Zurau.Listening;

namespace Client.Tests.Listening;

/// <summary>Header bytes as values: Spring's numbers, text, and what is neither.</summary>
public sealed class HeaderDecoderTests
{
    [Theory]
    [InlineData("00000003", typeof(int), 3)]
    [InlineData("FFFFFFFF", typeof(int), -1)]
    [InlineData("0000018BCFE56801", typeof(long), 1_700_000_000_001)]
    [InlineData("00000003", typeof(long), 3L)]
    [InlineData("0102", typeof(short), (short)258)]
    [InlineData("35", typeof(int), 5)]
    [InlineData("2D3132", typeof(long), -12L)]
    [InlineData("31323334", typeof(int), 1234)]
    [InlineData("68C3A4", typeof(string), "hä")]
    [InlineData("", typeof(string), "")]
    [InlineData("", typeof(int), null)]
    [InlineData("2D", typeof(int), null)]
    [InlineData("0102", typeof(int), null)]
    [InlineData("78", typeof(long), null)]
    [InlineData("FF", typeof(string), null)]
    [InlineData("393939393939393939393939", typeof(int), null)]
    [InlineData("78", typeof(Guid), null)]
    public void Bytes_are_read_as_the_parameter_wants_them_or_not_at_all(string hex, Type type, object? expected) =>
        Assert.Equal(expected, HeaderDecoder.Decode(Convert.FromHexString(hex), type));

    [Fact]
    public void A_guid_is_sixteen_bytes_in_Javas_order_or_text()
    {
        var id = new Guid("0f8fad5b-d9cb-469f-a165-70867728950e");
        Assert.Equal(id, HeaderDecoder.Decode(id.ToByteArray(bigEndian: true), typeof(Guid)));
        Assert.Equal(id, HeaderDecoder.Decode(System.Text.Encoding.UTF8.GetBytes(id.ToString()), typeof(Guid)));
    }

    [Fact]
    public void Every_partition_offset_and_timestamp_that_Spring_writes_comes_back() => Gen.Long[0, long.MaxValue].Holds(static number =>
    {
        byte[] four = new byte[4];
        byte[] eight = new byte[8];
        int half = (int)(number & int.MaxValue);
        BinaryPrimitives.WriteInt32BigEndian(four, half);
        BinaryPrimitives.WriteInt64BigEndian(eight, number);
        Assert.Equal(half, HeaderDecoder.Decode(four, typeof(int)));
        Assert.Equal(number, HeaderDecoder.Decode(eight, typeof(long)));
    });
}
