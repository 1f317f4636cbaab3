using System.Buffers;
using System.Text;
using CsCheck;
using Zurau;
using Zurau.Serialization;

namespace Client.Tests.Serialization;

public class SerializerTests
{
    private sealed record Order(string Id, decimal Amount, IReadOnlyList<string> Items);

    [Fact]
    public void Written_values_are_read_back_and_sizes_are_exact()
    {
        // Lone surrogates have no UTF-8 and come back as U+FFFD.
        Gen.String.Holds(static text => AssertRoundTrips(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text))));
        Gen.Short.Holds(static value => AssertRoundTrips(value, value));
        Gen.Int.Holds(static value => AssertRoundTrips(value, value));
        Gen.Long.Holds(static value => AssertRoundTrips(value, value));
        Gen.Float.Holds(static value => AssertRoundTrips(value, value));
        Gen.Double.Holds(static value => AssertRoundTrips(value, value));
        Gen.Guid.Holds(static value => AssertRoundTrips(value, value));
        Gen.Int.Holds(static value => AssertRoundTrips<int?>(value, value));
        Gen.Byte.Array.Holds(static value => Assert.Equal(value, Bytes(value)));
        Gen.Byte.Array.Holds(static value => Assert.Equal(value, Bytes(new ReadOnlyMemory<byte>(value))));
    }

    [Fact]
    public void Numbers_and_guids_have_the_bytes_that_java_writes()
    {
        Assert.Equal("7FFE", Hex((short)32766));
        Assert.Equal("00000001", Hex(1));
        Assert.Equal("FFFFFFFF", Hex(-1));
        Assert.Equal("0000018BCFE56800", Hex(1_700_000_000_000));
        Assert.Equal("3FC00000", Hex(1.5f));
        Assert.Equal("BFF8000000000000", Hex(-1.5));
        Assert.Equal("123e4567-e89b-12d3-a456-426614174000", Encoding.ASCII.GetString(Bytes(Guid.Parse("123E4567-E89B-12D3-A456-426614174000"))));
        Assert.Equal("5AC3BC72696368", Hex("Zürich"));
    }

    [Fact]
    public void Everything_else_is_json_with_web_names()
    {
        var order = new Order("o-1", 12.5m, ["book", "pen"]);
        Assert.Equal("""{"id":"o-1","amount":12.5,"items":["book","pen"]}""", Encoding.UTF8.GetString(Bytes(order)));
        Order read = Deserializers.For<Order>().Deserialize("""{"ID":"o-2","amount":"3","items":[]}"""u8);
        Assert.Equal(("o-2", 3m), (read.Id, read.Amount));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("""{"id":{}}""")]
    public void Bytes_that_are_not_the_json_of_a_type_are_a_serialization_error_that_names_it(string json)
    {
        SerializationException error = Assert.Throws<SerializationException>(() => Deserializers.For<Order>().Deserialize(Encoding.UTF8.GetBytes(json)));
        Assert.Contains("Order", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.InnerException);
    }

    [Fact]
    public void A_value_that_json_cannot_say_is_a_serialization_error()
    {
        var loop = new Dictionary<string, object>();
        loop["self"] = loop;
        Assert.Throws<SerializationException>(() => Bytes(loop));

        // The writer that the failure left half-way must not leak into the next record.
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(Bytes(new Dictionary<string, int> { ["a"] = 1 })));
    }

    [Fact]
    public void Bytes_of_the_wrong_size_are_a_serialization_error()
    {
        Assert.Throws<SerializationException>(() => Deserializers.For<int>().Deserialize([1, 2, 3]));
        Assert.Throws<SerializationException>(() => Deserializers.For<long>().Deserialize([]));
        Assert.Throws<SerializationException>(() => Deserializers.For<double>().Deserialize(new byte[9]));
        Assert.Throws<SerializationException>(() => Deserializers.For<Guid>().Deserialize("not a guid"u8));
        Assert.Throws<SerializationException>(() => Deserializers.For<Guid>().Deserialize(new byte[36]));
        Assert.Throws<SerializationException>(() => Deserializers.For<Null>().Deserialize([1]));
    }

    [Fact]
    public void Only_built_in_serializers_may_write_under_a_lock()
    {
        Assert.IsAssignableFrom<IBuiltInSerializer>(Serializers.For<string>());
        Assert.IsAssignableFrom<IBuiltInSerializer>(Serializers.For<long?>());
        Assert.False(Serializers.For<Order>() is IBuiltInSerializer);
    }

    private static void AssertRoundTrips<T>(T value, T expected) => Assert.Equal(expected, Deserializers.For<T>().Deserialize(Bytes(value)));

    private static string Hex<T>(T value) => Convert.ToHexString(Bytes(value));

    private static byte[] Bytes<T>(T value)
    {
        ISerializer<T> serializer = Serializers.For<T>();
        var writer = new ArrayBufferWriter<byte>();
        serializer.Serialize(value, writer);
        int size = serializer.SizeOf(value);
        Assert.True(size == -1 || size == writer.WrittenCount);
        return writer.WrittenSpan.ToArray();
    }
}
