using System.Text;
using Zurau.Engine.Records.Compression;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>Each codec on text-like and on random blocks of 64 KB, beside the native library called directly (P15).</summary>
internal static class CodecsSuite
{
    private const int BlockBytes = 64 * 1024;
    private const int MaxBytes = 1 << 20;
    private const string Ours = "ours";

    internal static Suite Make() => new("codecs", "compressing and decompressing 64 KB, beside the native libraries (P15)",
    [
        new("gzip", static context => Codec(context, CompressionType.Gzip, new NativeZlib(), 24)) { Takes = new(1.6, static scale => scale.LimitBytes) },
        new("snappy", static context => Codec(context, CompressionType.Snappy, NativeSnappy.IsThere ? new NativeSnappy() : null, 1)) { Takes = new(1.6, static scale => scale.LimitBytes) },
        new("lz4", static context => Codec(context, CompressionType.Lz4, new NativeLz4(), 1)) { Takes = new(1.6, static scale => scale.LimitBytes) },
        new("zstd", static context => Codec(context, CompressionType.Zstd, new NativeZstd(), 4)) { Takes = new(1.6, static scale => scale.LimitBytes) },
    ]);

    /// <param name="context">Takes the rows.</param>
    /// <param name="type">The codec.</param>
    /// <param name="native">The library; null where the machine does not have it.</param>
    /// <param name="share">How much slower than the fastest codec it is, about: so much less it does in a round.</param>
    private static void Codec(BenchContext context, CompressionType type, INativeCodec? native, int share)
    {
        int blocks = (int)Math.Max(2, context.Scale.LimitBytes * 2L / BlockBytes / share);
        string name = type.ToString().ToLowerInvariant();
        ICompressionCodec codec = CompressionCodecs.Get(type);
        int level = BatchCompression.DefaultLevel(type);
        foreach ((string payload, byte[] block) in ((string, byte[])[])[("text", Text()), ("random", Noise())])
        {
            var target = new BlockBuffer(MaxBytes);
            codec.Compress(block, target, level);
            byte[] compressed = target.Written.ToArray();
            byte[] room = new byte[MaxBytes];
            byte[] native64 = native is null ? [] : room[..native.Compress(block, room)];
            string settings = $"1 thread, {blocks} blocks of 64 KB of {payload}, {compressed.Length} bytes compressed, level {level}";
            Pair(context, $"P15.{name}.compress.{payload}", $"{name}, compress 64 KB of {payload}", settings, native, blocks, () =>
            {
                target.Clear();
                codec.Compress(block, target, level);
            }, () => native!.Compress(block, room));
            Pair(context, $"P15.{name}.decompress.{payload}", $"{name}, decompress to 64 KB of {payload}", settings, native, blocks, () =>
            {
                target.Clear();
                codec.Decompress(compressed, target, MaxBytes / 2);
            }, () => native!.Decompress(native64, room));
        }
    }

    private static void Pair(BenchContext context, string id, string what, string settings, INativeCodec? native, int blocks, Action ours, Action theirs)
    {
        var contestants = new List<Contestant> { new(Ours, settings, () => Rate(blocks, ours)) };
        if (native is not null)
        {
            contestants.Add(new Contestant("native", native.Settings, () => Rate(blocks, theirs)));
        }

        IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, contestants);
        Entry entry = entries[Ours];
        context.Add(Row.Of(id, what, "GB/s", entry) with
        {
            Peers = native is null ? [] : [Peer.Of(entry.Value, entries["native"])],
            Targets = native is null ? [] : [Target.AtLeast("share of the native library's speed", 0.9, entry.Value.RatioTo(entries["native"].Value))],
        });
    }

    private static Measurement Rate(int blocks, Action work)
    {
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        double seconds = Workers.Seconds(1, _ =>
        {
            for (int i = 0; i < blocks; i++)
            {
                work();
            }
        });
        return new Measurement((double)blocks * BlockBytes / seconds / 1e9, null, (double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / blocks);
    }

    // JSON lines with words, numbers and identifiers: what most topics hold.
    private static byte[] Text()
    {
        var random = new Random(1);
        string[] words = [.. Enumerable.Range(0, 500).Select(_ => new string([.. Enumerable.Range(0, random.Next(3, 11)).Select(_ => (char)('a' + random.Next(26)))]))];
        var text = new StringBuilder();
        while (text.Length < BlockBytes)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{{\"orderId\":\"{random.NextInt64():x16}\",\"customer\":\"{words[random.Next(100)]}\",\"quantity\":{random.Next(1, 20)},\"price\":{random.Next(100, 99_999) / 100.0},\"note\":\"");
            for (int i = random.Next(4, 16); i > 0; i--)
            {
                text.Append(words[random.Next(words.Length)]).Append(' ');
            }

            text.Append("\"}\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString())[..BlockBytes];
    }

    private static byte[] Noise()
    {
        byte[] bytes = new byte[BlockBytes];
        new Random(2).NextBytes(bytes);
        return bytes;
    }
}
