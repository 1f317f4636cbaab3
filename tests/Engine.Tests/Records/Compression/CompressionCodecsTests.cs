using System.Buffers;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>Which codec reads what, and what happens where there is none.</summary>
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
    public void A_missing_library_is_an_error_that_names_it_and_its_package()
    {
        var lz4 = new Lz4Codec(NativeCodecLibrary.Lz4 with { LinuxName = "libnowhere.so.1", MacName = "libnowhere.so.1", WindowsName = "libnowhere.so.1" });
        var zstd = new ZstdCodec(NativeCodecLibrary.Zstd with { LinuxName = "libnowhere.so.2", MacName = "libnowhere.so.2", WindowsName = "libnowhere.so.2" });

        // Twice: the first failure must not be remembered as something else.
        for (int i = 0; i < 2; i++)
        {
            string message = Missing(lz4, NativeEncoders.Lz4([.. Enumerable.Repeat((byte)'a', 1000)]));
            Assert.True(message.Contains("libnowhere.so.1", StringComparison.Ordinal) && message.Contains("'liblz4-1'", StringComparison.Ordinal), message);
            Assert.Contains("'liblz4-1'", Assert.Throws<CodecUnavailableException>(() => lz4.Compress(s_text, new ArrayBufferWriter<byte>(), 9)).Message, StringComparison.Ordinal);
            Assert.Contains("'liblz4-1'", Assert.Throws<CodecUnavailableException>(() => lz4.Compress(s_text, new ArrayBufferWriter<byte>(), 3)).Message, StringComparison.Ordinal);
            Assert.Contains("'libzstd1'", Assert.Throws<CodecUnavailableException>(() => zstd.Compress(s_text, new ArrayBufferWriter<byte>(), 3)).Message, StringComparison.Ordinal);
            message = Missing(zstd, NativeEncoders.Zstd(s_text));
            Assert.True(message.Contains("libnowhere.so.2", StringComparison.Ordinal) && message.Contains("'libzstd1'", StringComparison.Ordinal), message);
        }
    }

    [Fact]
    public void A_library_without_the_function_is_an_error_that_names_it()
    {
        var codec = new Lz4Codec(NativeCodecLibrary.Lz4 with { LinuxName = NativeCodecLibrary.Zstd.LinuxName });
        Assert.Contains("no function LZ4_decompress_safe", Missing(codec, NativeEncoders.Lz4([.. Enumerable.Repeat((byte)'a', 1000)])), StringComparison.Ordinal);
    }

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

    private static string Missing(ICompressionCodec codec, byte[] compressed) =>
        Assert.Throws<CodecUnavailableException>(() => codec.Decompress(compressed, new ArrayBufferWriter<byte>(), 1_000_000)).Message;

    /// <summary>Leaves the work to another codec, so that tests that run beside this one notice nothing.</summary>
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
