using System.Buffers;
using Client.Tests.Support;
using Zurau;
using Zurau.Embedded;
using Zurau.Engine.Records.Compression;

namespace Client.Tests.Consuming;

/// <summary>
/// What a registered codec throws arrives as an error code. Codecs belong to the
/// process: nothing else may run while one fails.
/// </summary>
[CollectionDefinition(nameof(FailingCodecTests), DisableParallelization = true)]
[Collection(nameof(FailingCodecTests))]
public class FailingCodecTests
{
    [Fact]
    public async Task A_consumer_gets_corrupt_message_keeps_its_position_and_continues_once_the_codec_works()
    {
        using var directory = new KafkaDirectory("codec-zstd-0");
        await using EmbeddedTransport transport = directory.Open();
        await using var consumer = new Consumer<byte[]?, byte[]?>(transport, EmbeddedFixture.Earliest());
        consumer.Subscribe("codec-zstd");
        using (new FailingCodec())
        {
            for (int again = 0; again < 2; again++)
            {
                KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => consumer.PollAsync(EmbeddedFixture.Soon).Limit());
                Assert.Equal(ErrorCode.CorruptMessage, error.Error);
                Assert.Contains(FailingCodec.Text, error.Message, StringComparison.Ordinal);
                Assert.Equal(0, consumer.Position(new TopicPartition("codec-zstd", 0)));
            }
        }

        Assert.Equal(400, (await consumer.PollAsync(EmbeddedFixture.Soon).Limit()).Count);
    }

    [Fact]
    public void A_producer_whose_codec_does_not_work_is_refused_on_creation()
    {
        using var codec = new FailingCodec();
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => new Producer<string, string>(new FakeLog(), new ProducerOptions { CompressionType = CompressionType.Zstd }));
        Assert.Contains("'compression.type' Zstd", error.Message, StringComparison.Ordinal);
        Assert.Contains(FailingCodec.Text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_send_whose_batch_cannot_be_compressed_fails_with_an_error_code_and_the_next_one_succeeds()
    {
        await using var fixture = new EmbeddedFixture();
        await using var producer = new Producer<string, string>(fixture.Transport, new ProducerOptions { CompressionType = CompressionType.Zstd });
        using (new FailingCodec())
        {
            KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => producer.SendAsync(new ProducerRecord<string, string>("orders", "key", "lost")).AsTask());
            Assert.Equal(ErrorCode.UnknownServerError, error.Error);
            Assert.Contains(FailingCodec.Text, error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await producer.SendAsync(new ProducerRecord<string, string>("orders", "key", "value"))).Offset);
    }

    private sealed class FailingCodec : ICompressionCodec, IDisposable
    {
        internal const string Text = "the codec's own trouble";

        private readonly ICompressionCodec _builtIn = CompressionCodecs.Get(CompressionType.Zstd);

        internal FailingCodec() => CompressionCodecs.Register(CompressionType.Zstd, this);

        public void Decompress(ReadOnlySpan<byte> compressed, IBufferWriter<byte> destination, int maxBytes) => throw new ForeignException();

        public void Compress(ReadOnlySpan<byte> records, IBufferWriter<byte> destination, int level)
        {
            destination.Write("half of it"u8);
            throw new ForeignException();
        }

        public void Dispose() => CompressionCodecs.Register(CompressionType.Zstd, _builtIn);

        private sealed class ForeignException() : Exception(Text);
    }
}
