using System.Numerics;
using FASTER.core;

namespace Zurau.Harness.Bench.Work;

/// <summary>Microsoft's FasterLog with the best settings for this work.</summary>
internal sealed unsafe class FasterLogPeer : IDisposable
{
    private readonly FasterLogSettings _settings;
    private readonly IDevice _device;
    private readonly string? _directory;
    private readonly int _memoryBytes;

    private FasterLogPeer(IDevice device, string? directory, int memoryBytes, bool isFastCommit)
    {
        _device = device;
        _directory = directory;
        _memoryBytes = memoryBytes;
        int bits = BitOperations.Log2((uint)memoryBytes);
        _settings = new FasterLogSettings
        {
            LogDevice = device,
            PageSizeBits = bits - 6,
            MemorySizeBits = bits,
            SegmentSizeBits = 30,
            FastCommitMode = isFastCommit,
            LogChecksum = isFastCommit ? LogChecksumType.PerEntry : LogChecksumType.None,
        };
        Log = new FasterLog(_settings);
    }

    internal FasterLog Log { get; }

    /// <summary>Opens the memory-only mode: pages that leave the memory are lost.</summary>
    internal static FasterLogPeer InMemory(int memoryBytes) => new(new NullDevice(), null, memoryBytes, isFastCommit: false);

    /// <summary>Opens a local file for synchronous writes; reads an existing one.</summary>
    internal static FasterLogPeer OnFile(string directory, int memoryBytes, bool isFastCommit = false)
    {
        Directory.CreateDirectory(directory);
        return new FasterLogPeer(Devices.CreateLogDevice(Path.Combine(directory, "faster.log")), directory, memoryBytes, isFastCommit);
    }

    internal static string Settings(string mode, Scale scale) =>
        $"Microsoft.FASTER.Core 2.6.5, {mode}, page {scale.PeerMemoryBytes / 64 / 1024} KiB, memory {scale.PeerMemoryBytes / 1024 / 1024} MiB, no checksum unless stated, Enqueue of one record at a time";

    /// <summary>Enqueues a record repeatedly on the calling thread.</summary>
    internal void Enqueue(ReadOnlySpan<byte> record, long count)
    {
        for (long i = 0; i < count; i++)
        {
            Log.Enqueue(record);
        }
    }

    /// <summary>
    /// Accesses the whole memory once, so that a run does not measure page faults.
    /// </summary>
    internal void Warm(byte[] record)
    {
        Enqueue(record, _memoryBytes / record.Length);
        if (_directory is not null)
        {
            Log.Commit(spinWait: true);
        }
    }

    /// <summary>
    /// Enqueues on several threads and commits every 5 ms, until everything is durable.
    /// </summary>
    internal Measurement EnqueueDurably(int threads, byte[] record, long countPerThread)
    {
        using var done = new ManualResetEventSlim();
        var committer = new Thread(() =>
        {
            while (!done.Wait(Appender.CommitMs))
            {
                Log.Commit();
            }
        })
        { IsBackground = true, Name = "bench-commit" };
        committer.Start();
        int running = threads;
        Measurement measurement = Workers.Rate(threads, threads * countPerThread, _ =>
        {
            Enqueue(record, countPerThread);
            if (Interlocked.Decrement(ref running) == 0)
            {
                Log.Commit(spinWait: true);
            }
        });
        done.Set();
        committer.Join();
        return measurement;
    }

    /// <summary>
    /// Reads every record, in place or copied into a new array, and returns their number.
    /// </summary>
    internal long Scan(bool isCopying)
    {
        long records = 0;
        long bytes = 0;
        using FasterLogScanIterator scan = Log.Scan(Log.BeginAddress, Log.CommittedUntilAddress);
        if (isCopying)
        {
            while (scan.GetNext(out byte[] _, out int length, out _))
            {
                records++;
                bytes += length;
            }
        }
        else
        {
            while (scan.UnsafeGetNext(out byte* _, out int length, out _, out _))
            {
                records++;
                bytes += length;
                scan.UnsafeRelease();
            }
        }

        return bytes > 0 ? records : 0;
    }

    /// <summary>Closes the log and keeps the files.</summary>
    internal void Close()
    {
        Log.Dispose();
        _settings.Dispose();
        _device.Dispose();
    }

    public void Dispose()
    {
        Close();
        if (_directory is not null)
        {
            Directory.Delete(_directory, recursive: true);
        }
    }
}
