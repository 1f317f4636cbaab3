using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using Zurau.Engine.Records.Compression;

namespace Zurau.Harness.Bench.Micro;

/// <summary>
/// Measures the codecs on 64 KB of text-like records, at their default levels.
/// </summary>
public class CodecBenchmarks
{
    private const int Bytes = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _output = new(2 * Bytes);
    private byte[] _records = [];
    private byte[] _compressed = [];

    /// <summary>Gets or sets the codec.</summary>
    [Params(CompressionType.Gzip, CompressionType.Snappy, CompressionType.Lz4, CompressionType.Zstd)]
    public CompressionType Codec { get; set; }

    /// <summary>Creates the input.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        var random = new Random(1);
        var text = new StringBuilder();
        for (int i = 0; text.Length < Bytes; i++)
        {
            text.Append($"{{\"order\":{i},\"customer\":\"customer-{random.Next(1000)}\",\"amount\":{random.Next(100_000) / 100.0},\"currency\":\"EUR\"}}");
        }

        _records = Encoding.ASCII.GetBytes(text.ToString(0, Bytes));
        Compress();
        _compressed = _output.WrittenSpan.ToArray();
    }

    /// <summary>Compresses the input.</summary>
    [Benchmark(Description = "compress 64 KB")]
    public int Compress()
    {
        _output.ResetWrittenCount();
        CompressionCodecs.Get(Codec).Compress(_records, _output, BatchCompression.DefaultLevel(Codec));
        return _output.WrittenCount;
    }

    /// <summary>Decompresses the input.</summary>
    [Benchmark(Description = "decompress 64 KB")]
    public int Decompress()
    {
        _output.ResetWrittenCount();
        CompressionCodecs.Get(Codec).Decompress(_compressed, _output, 2 * Bytes);
        return _output.WrittenCount;
    }
}
