using System.Buffers;
using Client.Tests.Support;
using Zurau;
using Zurau.Embedded;
using Zurau.Engine.Records.Compression;

namespace Client.Tests.Consuming;

/// <summary>Codecs belong to the process: nothing else may run while one is missing.</summary>
[CollectionDefinition(nameof(CodecUnavailableTests), DisableParallelization = true)]
[Collection(nameof(CodecUnavailableTests))]
public class CodecUnavailableTests
{
    [Fact]
    public async Task A_codec_that_is_missing_is_named_and_reading_goes_on_once_it_is_there()
    {
        using var directory = new KafkaDirectory("codec-zstd-0");
        await using EmbeddedTransport transport = directory.Open();
        await using var consumer = new Consumer<byte[]?, byte[]?>(transport, EmbeddedFixture.Earliest());
        consumer.Subscribe("codec-zstd");
        ICompressionCodec builtIn = CompressionCodecs.Get(CompressionType.Zstd);
        CompressionCodecs.Register(CompressionType.Zstd, new MissingCodec());
        try
        {
            for (int again = 0; again < 2; again++)
            {
                CodecUnavailableException error =
                    await Assert.ThrowsAsync<CodecUnavailableException>(() => consumer.PollAsync(EmbeddedFixture.Soon).Limit());
                Assert.Equal("install libzstd1", error.Message);
                Assert.Equal(0, consumer.Position(new TopicPartition("codec-zstd", 0)));
            }
        }
        finally
        {
            CompressionCodecs.Register(CompressionType.Zstd, builtIn);
        }

        Assert.Equal(400, (await consumer.PollAsync(EmbeddedFixture.Soon).Limit()).Count);
    }

    [Fact]
    public void A_producer_whose_codec_is_missing_says_so_when_it_is_made()
    {
        ICompressionCodec builtIn = CompressionCodecs.Get(CompressionType.Zstd);
        CompressionCodecs.Register(CompressionType.Zstd, new MissingCodec());
        try
        {
            CodecUnavailableException error = Assert.Throws<CodecUnavailableException>(
                () => new Producer<string, string>(new FakeLog(), new ProducerOptions { CompressionType = CompressionType.Zstd }));
            Assert.Equal("install libzstd1", error.Message);
        }
        finally
        {
            CompressionCodecs.Register(CompressionType.Zstd, builtIn);
        }
    }

    private sealed class MissingCodec : ICompressionCodec
    {
        public void Decompress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int maxBytes) =>
            throw new CodecUnavailableException("install libzstd1");

        public void Compress(ReadOnlySpan<byte> records, IBufferWriter<byte> destination, int level) =>
            throw new CodecUnavailableException("install libzstd1");
    }
}
