using System.Buffers;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>Which codec reads what.</summary>
public sealed class CompressionCodecsTests
{
    private static readonly byte[] s_text = [.. "no play"u8];

    [Fact]
    public void A_registered_codec_takes_the_place_of_the_built_in_one()
    {
        ICompressionCodec builtIn = CompressionCodecs.Get(CompressionType.Gzip);
        var counting = new CountingCodec(builtIn);
        CompressionCodecs.Register(CompressionType.Gzip, counting);
        try
        {
            Assert.Same(counting, CompressionCodecs.Get(CompressionType.Gzip));
            Assert.Equal(s_text, Codecs.Decompress(CompressionType.Gzip, Codecs.Gzip(s_text)));
            Assert.True(counting.Calls > 0);
        }
        finally
        {
            CompressionCodecs.Register(CompressionType.Gzip, builtIn);
        }
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData((CompressionType)5)]
    [InlineData((CompressionType)(-1))]
    public void A_type_that_Kafka_does_not_compress_with_has_no_codec(CompressionType type)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => CompressionCodecs.Get(type));
        Assert.Throws<ArgumentOutOfRangeException>(() => CompressionCodecs.Register(type, new CountingCodec(CompressionCodecs.Get(CompressionType.Gzip))));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void A_batch_that_names_a_codec_that_does_not_exist_is_refused(int type) =>
        Assert.Contains($"codec {type}, which does not exist", Codecs.Refusal((CompressionType)type, s_text), StringComparison.Ordinal);

    [Fact]
    public void One_codec_serves_many_threads_at_once()
    {
        byte[] bytes = [.. Enumerable.Range(0, 200_000).Select(static i => (byte)(i / 7))];
        byte[][] compressed = [.. Enumerable.Range(1, 4).Select(type => Codecs.Compress((CompressionType)type, bytes))];
        Parallel.For(0, 80, i =>
        {
            var type = (CompressionType)((i % 4) + 1);
            Assert.True(Codecs.Decompress(type, compressed[i % 4]).AsSpan().SequenceEqual(bytes));
            Assert.True(Codecs.Decompress(type, Codecs.Written(new BatchCompression(type), bytes)).AsSpan().SequenceEqual(bytes));
        });
    }

    /// <summary>
    /// Leaves the work to another codec, so that tests that run beside this one notice
    /// nothing.
    /// </summary>
    private sealed class CountingCodec(ICompressionCodec inner) : ICompressionCodec
    {
        private int _calls;

        internal int Calls => Volatile.Read(ref _calls);

        public void Decompress(ReadOnlySpan<byte> compressed, IBufferWriter<byte> destination, int maxBytes)
        {
            Interlocked.Increment(ref _calls);
            inner.Decompress(compressed, destination, maxBytes);
        }

        public void Compress(ReadOnlySpan<byte> records, IBufferWriter<byte> destination, int level)
        {
            Interlocked.Increment(ref _calls);
            inner.Compress(records, destination, level);
        }
    }
}
