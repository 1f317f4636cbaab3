using System.Diagnostics;
using System.IO.Hashing;
using BenchmarkDotNet.Attributes;
using Zurau.Engine.Records;
using Zurau.Harness.Bench.Work;
using Zurau.Producing;

namespace Zurau.Harness.Bench.Micro;

/// <summary>Measures the functions that process every record.</summary>
public class RecordBenchmarks
{
    private const int Varints = 1024;
    private const int BatchBytes = 16 * 1024;
    private const int ShortBytes = 1024;

    private static readonly TimeSpan s_peerWarmUp = TimeSpan.FromSeconds(1);

    private readonly byte[] _bytes = new byte[64 * 1024];
    private readonly long[] _values = new long[Varints];
    private readonly byte[] _varints = new byte[Varints * Varint.MaxSize64];
    private readonly byte[] _key = new byte[16];
    private readonly byte[] _value = new byte[100];
    private readonly RecordBatchBuilder _builder = new(new byte[BatchBytes]);
    private byte[] _batch = [];

    /// <summary>Creates the input.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        var random = new Random(1);
        random.NextBytes(_bytes);
        random.NextBytes(_key);
        random.NextBytes(_value);
        for (int i = 0; i < Varints; i++)
        {
            _values[i] = random.NextInt64(1L << random.Next(1, 40)) - 1;
        }

        WriteVarints();
        _batch = EncodedBatches.Make(100, BatchBytes).Batches[0];
    }

    /// <summary>
    /// Creates the input and runs the peers until their code is compiled at the highest
    /// tier.
    /// </summary>
    [GlobalSetup(Targets = [nameof(CrcPeer), nameof(CrcShortPeer)])]
    public void SetUpPeers()
    {
        SetUp();
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < s_peerWarmUp)
        {
            _ = CrcPeer() ^ CrcShortPeer();
        }
    }

    /// <summary>Computes CRC-32C of 64 KiB.</summary>
    [Benchmark(Description = "CRC-32C of 64 KB")]
    public uint Crc() => Crc32C.Compute(_bytes);

    /// <summary>Computes CRC-32C of 64 KiB with the package.</summary>
    [Benchmark(Description = "System.IO.Hashing")]
    public uint CrcPeer() => Crc32.HashToUInt32(Crc32ParameterSet.Crc32C, _bytes);

    /// <summary>Computes CRC-32C of 1 KiB, which uses the short lanes.</summary>
    [Benchmark(Description = "CRC-32C of 1 KB")]
    public uint CrcShort() => Crc32C.Compute(_bytes.AsSpan(0, ShortBytes));

    /// <summary>Computes CRC-32C of 1 KiB with the package.</summary>
    [Benchmark(Description = "System.IO.Hashing")]
    public uint CrcShortPeer() => Crc32.HashToUInt32(Crc32ParameterSet.Crc32C, _bytes.AsSpan(0, ShortBytes));

    /// <summary>Writes a thousand varints.</summary>
    [Benchmark(Description = "varint write", OperationsPerInvoke = Varints)]
    public int WriteVarints()
    {
        int position = 0;
        foreach (long value in _values)
        {
            position += Varint.WriteSigned(_varints.AsSpan(position), value);
        }

        return position;
    }

    /// <summary>Reads a thousand varints.</summary>
    [Benchmark(Description = "varint read", OperationsPerInvoke = Varints)]
    public long ReadVarints()
    {
        int position = 0;
        long sum = 0;
        for (int i = 0; i < Varints; i++)
        {
            Varint.TryReadSigned(_varints, ref position, out long value);
            sum += value;
        }

        return sum;
    }

    /// <summary>Hashes a key as the default partitioner does.</summary>
    [Benchmark(Description = "murmur2 of 16 B")]
    public int HashKey() => Murmur2.Hash(_key);

    /// <summary>Encodes a batch of 100-byte records and its checksum.</summary>
    [Benchmark(Description = "batch encode, 16 KB of 100 B records")]
    public int Encode()
    {
        EncodedBatches.Fill(_builder, _value);
        return _builder.Build().SizeBytes;
    }

    /// <summary>Reads the records of a batch.</summary>
    [Benchmark(Description = "batch decode, 16 KB of 100 B records")]
    public long Decode()
    {
        RecordBatchView.TryRead(_batch, out RecordBatchView view);
        RecordReader reader = view.Records();
        long sum = 0;
        while (reader.Read())
        {
            sum += reader.Value.Length;
        }

        return sum;
    }
}
