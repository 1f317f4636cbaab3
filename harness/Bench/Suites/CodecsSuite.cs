using System.Text;
using Zurau.Engine.Records.Compression;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures each codec on text-like and on random blocks, compared with direct calls of
/// the native library (P15). Uses 4 MB of different blocks, because a repeated block
/// trains the branch predictor and makes a decoder appear twice as fast.
/// </summary>
internal static class CodecsSuite
{
    private const int DataBytes = 4 << 20;
    private const int BlockBytes = 64 * 1024;
    private const int SmallBlockBytes = 16 * 1024;
    private const int MaxBytes = 1 << 20;
    private const string Ours = "ours";

    // The target share of the native library's speed for managed codecs on text. gzip
    // uses zlib; the snappy decoder is as fast as the library's.
    private const double ManagedShare = 0.85;

    internal static Suite Make() => new("codecs", "compression and decompression of blocks of 64 and 16 KB, compared with the native libraries (P15)",
    [
        new("gzip", static context => Codec(context, CompressionType.Gzip, new NativeZlib(), 24, new(0.9, 0.9))) { ExpectedDuration = new(2.4, static scale => scale.LimitBytes) },
        new("snappy", static context => Codec(context, CompressionType.Snappy, NativeSnappy.IsInstalled ? new NativeSnappy() : null, 1, new(1.0, 1.0))) { ExpectedDuration = new(2.4, static scale => scale.LimitBytes) },
        new("lz4", static context => Codec(context, CompressionType.Lz4, NativeLz4.IsInstalled ? new NativeLz4() : null, 1, new(ManagedShare, null))) { ExpectedDuration = new(2.4, static scale => scale.LimitBytes) },
        new("zstd", static context => Codec(context, CompressionType.Zstd, NativeZstd.IsInstalled ? new NativeZstd() : null, 4, new(ManagedShare, null))) { ExpectedDuration = new(2.4, static scale => scale.LimitBytes) },
    ]);

    /// <param name="context">The context that gets the rows.</param>
    /// <param name="type">The codec.</param>
    /// <param name="native">The native library; null if the machine does not have
    /// it.</param>
    /// <param name="share">How many times slower than the fastest codec it is,
    /// approximately; the work of a round is divided by it.</param>
    /// <param name="wanted">The target shares of the native library's speed.</param>
    private static void Codec(BenchContext context, CompressionType type, INativeCodec? native, int share, Shares wanted)
    {
        byte[] text = Text();
        Rows(context, type, native, share, "text", text, BlockBytes, wanted.Text);
        Rows(context, type, native, share, "text", text, SmallBlockBytes, wanted.Text);
        Rows(context, type, native, share, "random", Noise(), BlockBytes, wanted.Random);
    }

    private static void Rows(BenchContext context, CompressionType type, INativeCodec? native, int share, string payload, byte[] data, int blockBytes, double? wanted)
    {
        ICompressionCodec codec = CompressionCodecs.Get(type);
        int level = BatchCompression.DefaultLevel(type);
        var target = new BlockBuffer(MaxBytes);
        byte[] room = new byte[MaxBytes];
        byte[][] blocks = [.. data.Chunk(blockBytes)];
        byte[][] compressed = [.. blocks.Select(block =>
        {
            target.Clear();
            codec.Compress(block, target, level);
            return target.Written.ToArray();
        })];
        byte[][] natively = native is null ? [] : [.. blocks.Select(block => room[..native.Compress(block, room)])];
        int count = (int)Math.Max(2, context.Scale.LimitBytes * 2L / blockBytes / share);
        int size = blockBytes / 1024;
        string name = type.ToString().ToLowerInvariant();
        string suffix = blockBytes == BlockBytes ? payload : $"{payload}.{size}KB";
        string settings = $"1 thread, {count} calls in rotation over {blocks.Length} different blocks of {size} KB of {payload}, {compressed.Sum(static block => block.Length)} of {data.Length} bytes compressed, level {level}";
        var work = new Work(native, settings, count, blockBytes, wanted);
        Pair(context, $"P15.{name}.compress.{suffix}", $"{name}, compress {size} KB of {payload}", work, i =>
        {
            target.Clear();
            codec.Compress(blocks[i % blocks.Length], target, level);
        }, i => native!.Compress(blocks[i % blocks.Length], room));
        Pair(context, $"P15.{name}.decompress.{suffix}", $"{name}, decompress to {size} KB of {payload}", work, i =>
        {
            target.Clear();
            codec.Decompress(compressed[i % blocks.Length], target, MaxBytes / 2);
        }, i => native!.Decompress(natively[i % blocks.Length], room));
    }

    private static void Pair(BenchContext context, string id, string what, Work work, Action<int> ours, Action<int> theirs)
    {
        var contestants = new List<Contestant> { new(Ours, work.Settings, () => Rate(work, ours)) };
        if (work.Native is not null)
        {
            contestants.Add(new Contestant("native", work.Native.Settings, () => Rate(work, theirs)));
        }

        IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, contestants);
        Entry entry = entries[Ours];
        Entry? native = work.Native is null ? null : entries["native"];
        context.Add(Row.Of(id, what, "GB/s", entry) with
        {
            Peers = native is null ? [] : [Peer.Of(entry.Value, native)],
            Targets = native is null || work.Wanted is not { } wanted ? [] : [Target.AtLeast("share of the native library's speed", wanted, entry.Value.RatioTo(native.Value))],
        });
    }

    private static Measurement Rate(Work work, Action<int> run)
    {
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        double seconds = Workers.Seconds(1, _ =>
        {
            for (int i = 0; i < work.Count; i++)
            {
                run(i);
            }
        });
        return new Measurement((double)work.Count * work.BlockBytes / seconds / 1e9, null, (double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / work.Count);
    }

    // JSON lines with words, numbers and identifiers, as in most topics.
    private static byte[] Text()
    {
        var random = new Random(1);
        string[] words = [.. Enumerable.Range(0, 500).Select(_ => new string([.. Enumerable.Range(0, random.Next(3, 11)).Select(_ => (char)('a' + random.Next(26)))]))];
        var text = new StringBuilder();
        while (text.Length < DataBytes)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{{\"orderId\":\"{random.NextInt64():x16}\",\"customer\":\"{words[random.Next(100)]}\",\"quantity\":{random.Next(1, 20)},\"price\":{random.Next(100, 99_999) / 100.0},\"note\":\"");
            for (int i = random.Next(4, 16); i > 0; i--)
            {
                text.Append(words[random.Next(words.Length)]).Append(' ');
            }

            text.Append("\"}\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString())[..DataBytes];
    }

    private static byte[] Noise()
    {
        byte[] bytes = new byte[DataBytes];
        new Random(2).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The target shares of the native library's speed; null for none.</summary>
    private sealed record Shares(double? Text, double? Random);

    /// <summary>The work of both contestants.</summary>
    private sealed record Work(INativeCodec? Native, string Settings, int Count, int BlockBytes, double? Wanted);
}
