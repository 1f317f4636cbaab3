using System.Buffers;
using NativeCodec;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>
/// The sample of a registered codec: it and the built-in one read each other, and
/// damage is refused. Nothing else runs meanwhile.
/// </summary>
[Collection(nameof(FailingCodecTests))]
public sealed class NativeCodecTests
{
    [NativeCodecFact]
    public void The_native_and_the_built_in_codec_read_each_other_s_output_at_every_level()
    {
        var native = new NativeZstdCodec();
        byte[] text = [.. Enumerable.Range(0, 100_000).Select(static i => (byte)"all work and no play makes jack a dull boy; "[i * 7 / 5 % 44])];
        foreach (int level in (int[])[-131072, -5, 1, 3, 9, 22])
        {
            Assert.Equal(text, Codecs.Decompress(CompressionType.Zstd, Compress(native, text, level)));
            byte[] builtIn = Codecs.Written(new BatchCompression(CompressionType.Zstd, level), text);
            var target = new ArrayBufferWriter<byte>();
            native.Decompress(builtIn, target, text.Length);
            Assert.Equal(text, target.WrittenSpan);
        }
    }

    [NativeCodecFact]
    public void Once_registered_it_reads_what_Kafka_wrote_and_refuses_what_is_damaged()
    {
        ICompressionCodec builtIn = CompressionCodecs.Get(CompressionType.Zstd);
        Assert.True(NativeZstdCodec.TryRegister());
        try
        {
            Assert.IsType<NativeZstdCodec>(CompressionCodecs.Get(CompressionType.Zstd));
            foreach (byte[] bytes in GoldenLogs.Batches("codec-zstd-0"))
            {
                RecordBatchView batch = Codecs.View(bytes);
                using DecompressedRecords records = batch.Decompress();
                byte[] plain = records.BytesOf(batch).ToArray();
                Assert.Equal(plain, Codecs.Decompress(CompressionType.Zstd, Codecs.Written(new BatchCompression(CompressionType.Zstd), plain)));
                Assert.Contains($"at most {plain.Length - 1}", Codecs.Refusal(CompressionType.Zstd, batch.RecordsBytes.ToArray(), plain.Length - 1), StringComparison.Ordinal);
                Assert.Contains("libzstd refuses", Codecs.Refusal(CompressionType.Zstd, batch.RecordsBytes[..^1].ToArray()), StringComparison.Ordinal);
            }
        }
        finally
        {
            CompressionCodecs.Register(CompressionType.Zstd, builtIn);
        }
    }

    private static byte[] Compress(NativeZstdCodec codec, byte[] bytes, int level)
    {
        var target = new ArrayBufferWriter<byte>();
        codec.Compress(bytes, target, level);
        return target.WrittenSpan.ToArray();
    }
}
