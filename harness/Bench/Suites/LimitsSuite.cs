using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Zurau.Engine.Records;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures the limits of the machine, first in every run, so that results can be given
/// as a share of them.
/// </summary>
internal static unsafe class LimitsSuite
{
    internal const string FdatasyncUnwritten = "limit.fdatasync.4KB.unwritten.p50";

    private const int HotBytes = 64 * 1024;
    private const int WriteBlock = 64 * 1024;
    private const int FlushBlock = 4096;

    internal static string MemoryCopy(int threads) => $"limit.memory-copy.t{threads}";

    internal static string MemoryRead(int threads) => $"limit.memory-read.t{threads}";

    internal static string Crc(int threads) => $"limit.crc32c.t{threads}";

    internal static string PageCacheWrite(int threads) => $"limit.page-cache-write.t{threads}";

    internal static Suite Make() => new("limits", "the limits of the machine; measured first in every run", [new("memory and checksum", Memory) { ExpectedDuration = new(0.3, static scale => scale.LimitBytes) }, new("page cache", PageCache) { ExpectedDuration = new(1.2, static scale => scale.LimitBytes) }, new("disk", Disk) { ExpectedDuration = new(0.6, static scale => scale.DurableAppends) }]);

    private static void Memory(BenchContext context)
    {
        int bytes = context.Scale.LimitBytes;
        foreach (int threads in (int[])[1, 2])
        {
            nint[] memory = [.. Enumerable.Range(0, threads).Select(_ => Touched(bytes))];
            try
            {
                IReadOnlyDictionary<string, Entry> entries = Contest.Run(
                    context,
                    new("copy", $"64 KiB in cache copied repeatedly to {bytes} bytes of touched memory per thread", () => Rate(threads, bytes, i => Copy((byte*)memory[i], bytes))),
                    new("read", $"{bytes} bytes of memory per thread read in 256-bit words", () => Rate(threads, bytes, i => Read((byte*)memory[i], bytes))),
                    new("crc", "the CRC32 instruction on three independent streams of 21 KiB in cache", () => Rate(threads, bytes, i => Crc3(bytes))),
                    new("engine", "Crc32C.Compute on 64 KiB in cache", () => Rate(threads, bytes, i => CrcOfEngine(bytes))));
                context.Add(Row.Of(MemoryCopy(threads), $"memory copy, hot source to DRAM, {threads} thread(s)", "GB/s", entries["copy"]));
                context.Add(Row.Of(MemoryRead(threads), $"memory read, {threads} thread(s)", "GB/s", entries["read"]));
                context.Add(Row.Of(Crc(threads), $"CRC-32C at the speed of the instruction, {threads} thread(s)", "GB/s", entries["crc"]));
                context.Add(Row.Of($"limit.crc32c.engine.t{threads}", $"CRC-32C of the engine, {threads} thread(s)", "GB/s", entries["engine"]) with
                {
                    Limits = [context.ShareOf(Crc(threads), entries["engine"].Value.Median)],
                });
            }
            finally
            {
                foreach (nint block in memory)
                {
                    NativeMemory.Free((void*)block);
                }
            }
        }
    }

    private static void PageCache(BenchContext context)
    {
        long bytes = context.Scale.LimitBytes;
        RawFile.WarmPageCache(context.NewDirectory(), 2 * bytes);
        foreach (int threads in (int[])[1, 2])
        {
            Contestant Fill(string name, string what, Action<RawFile> fill) => new(name, $"{what} of 64 KiB, {bytes} bytes per thread, one preallocated file per thread", () =>
            {
                RawFile[] files = [.. Enumerable.Range(0, threads).Select(_ => new RawFile(context.NewDirectory(), bytes))];
                Measurement rate = Rate(threads, bytes, i => fill(files[i]));
                Array.ForEach(files, static file => file.Dispose());
                return rate;
            });
            IReadOnlyDictionary<string, Entry> entries = Contest.Run(
                context,
                Fill("write", "pwrite", file => file.Write(0, bytes, WriteBlock)),
                Fill("store", "stores to a shared mapping without prefault, in blocks", file => file.Store(bytes, WriteBlock)));
            context.Add(Row.Of(PageCacheWrite(threads), $"write to the page cache, {threads} thread(s)", "GB/s", entries["write"]));
            context.Add(Row.Of($"limit.mapped-store.t{threads}", $"store to a mapping of a file, {threads} thread(s)", "GB/s", entries["store"]));
        }
    }

    private static void Disk(BenchContext context)
    {
        int count = context.Scale.DurableAppends;
        long bytes = context.Scale.LimitBytes;
        IReadOnlyDictionary<string, Entry> entries = Contest.Run(
            context,
            new("unwritten", "pwrite of 4 KiB and fdatasync, sequentially in a file that is preallocated and unwritten", () =>
            {
                using var file = new RawFile(context.NewDirectory(), (long)count * FlushBlock);
                file.Flush();
                return Percentiles.Latency(file.FlushLatencies(count, FlushBlock));
            }),
            new("prewritten", "the same on blocks that were written before", () =>
            {
                using var file = new RawFile(context.NewDirectory(), (long)count * FlushBlock);
                file.Write(0, (long)count * FlushBlock, FlushBlock);
                file.Flush();
                return Percentiles.Latency(file.FlushLatencies(count, FlushBlock));
            }),
            new("durable", $"pwrite of 1 MiB, {bytes} bytes to a preallocated file; a second thread calls fdatasync every 5 ms", () =>
            {
                using var file = new RawFile(context.NewDirectory(), bytes);
                return new Measurement(file.DurableWriteRate(bytes, 1024 * 1024) / 1e9);
            }));
        context.Add(Row.Of(FdatasyncUnwritten, "fdatasync of 4 KB, preallocated, p50", "µs", entries["unwritten"]));
        context.Add(Row.Of("limit.fdatasync.4KB.unwritten.p99", "fdatasync of 4 KB, preallocated, p99", "µs", entries["unwritten"].Tail!, entries["unwritten"]));
        context.Add(Row.Of("limit.fdatasync.4KB.prewritten.p50", "fdatasync of 4 KB, written before, p50", "µs", entries["prewritten"]));
        context.Add(Row.Of("limit.fdatasync.4KB.prewritten.p99", "fdatasync of 4 KB, written before, p99", "µs", entries["prewritten"].Tail!, entries["prewritten"]));
        context.Add(Row.Of("limit.durable-write", "durable sequential write", "GB/s", entries["durable"]));
    }

    private static Measurement Rate(int threads, long bytesPerThread, Action<int> work)
    {
        Measurement bytes = Workers.Rate(threads, threads * bytesPerThread, work);
        return new Measurement(bytes.Value / 1e9, Cost: bytes.Cost);
    }

    private static nint Touched(int bytes)
    {
        void* memory = NativeMemory.Alloc((nuint)bytes);
        NativeMemory.Fill(memory, (nuint)bytes, 1);
        return (nint)memory;
    }

    private static void Copy(byte* target, int bytes)
    {
        byte[] source = new byte[HotBytes];
        for (int position = 0; position + HotBytes <= bytes; position += HotBytes)
        {
            source.CopyTo(new Span<byte>(target + position, HotBytes));
        }
    }

    private static void Read(byte* source, int bytes)
    {
        Vector256<ulong> first = default;
        Vector256<ulong> second = default;
        for (int position = 0; position < bytes; position += 64)
        {
            first ^= Vector256.Load((ulong*)(source + position));
            second ^= Vector256.Load((ulong*)(source + position + 32));
        }

        GC.KeepAlive(first ^ second);
    }

    /// <summary>
    /// Computes three independent checksums in parallel, which hides the instruction's
    /// latency of three cycles. Combining them would cost little.
    /// </summary>
    private static void Crc3(int bytes)
    {
        byte[] source = new byte[HotBytes];
        int third = HotBytes / 3 / 8;
        ulong first = 0;
        ulong second = 0;
        ulong last = 0;
        fixed (byte* start = source)
        {
            ulong* words = (ulong*)start;
            for (long done = 0; done < bytes; done += third * 24L)
            {
                for (int i = 0; i < third; i++)
                {
                    first = Sse42.X64.Crc32(first, words[i]);
                    second = Sse42.X64.Crc32(second, words[third + i]);
                    last = Sse42.X64.Crc32(last, words[(2 * third) + i]);
                }
            }
        }

        GC.KeepAlive(first + second + last);
    }

    private static void CrcOfEngine(int bytes)
    {
        byte[] source = new byte[HotBytes];
        uint crc = 0;
        for (long done = 0; done < bytes; done += HotBytes)
        {
            crc ^= Crc32C.Compute(source);
        }

        GC.KeepAlive(crc);
    }
}
