using System.Diagnostics;
using Zurau.Engine.Storage;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// A preallocated file that is written and flushed directly, to measure the disk and the
/// page cache.
/// </summary>
internal sealed class RawFile : IDisposable
{
    private const int WarmBlock = 1024 * 1024;

    private readonly FileStorage _storage;
    private readonly string _directory;
    private readonly IStorageFile _file;

    internal RawFile(string directory, long length)
    {
        _directory = directory;
        _storage = new FileStorage(directory);
        _storage.Acquire();
        _storage.Open("raw", FileOpening.New, out IStorageFile? file).ThrowIfFailed("Creating a file");
        _file = file!;
        _file.Allocate(0, length).ThrowIfFailed("Allocating");
    }

    /// <summary>
    /// Fills as much page cache as a run uses, then frees it: in a virtual machine, the
    /// first access to unused memory is many times slower.
    /// </summary>
    internal static void WarmPageCache(string directory, long bytes)
    {
        using var file = new RawFile(directory, bytes);
        file.Write(0, bytes, WarmBlock);
    }

    /// <summary>Writes a range in blocks.</summary>
    internal void Write(long position, long bytes, int block)
    {
        byte[] buffer = new byte[block];
        for (long end = position + bytes; position < end; position += block)
        {
            _file.Write(position, buffer).ThrowIfFailed("Writing");
        }
    }

    /// <summary>Stores to a mapping of the beginning of the file, in blocks.</summary>
    internal void Store(long bytes, int block)
    {
        byte[] buffer = new byte[block];
        _file.Map(checked((int)bytes), out MappedRegion? region).ThrowIfFailed("Mapping");
        using (region)
        {
            for (int position = 0; position + block <= bytes; position += block)
            {
                buffer.CopyTo(region!.GetSpan()[position..]);
            }
        }
    }

    /// <summary>
    /// Writes and flushes blocks one after another; returns the microseconds of each.
    /// </summary>
    internal double[] FlushLatencies(int count, int block)
    {
        byte[] buffer = new byte[block];
        double[] latencies = new double[count];
        for (int i = 0; i < count; i++)
        {
            long began = Stopwatch.GetTimestamp();
            _file.Write((long)i * block, buffer).ThrowIfFailed("Writing");
            Flush();
            latencies[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
        }

        return latencies;
    }

    /// <summary>
    /// Returns the bytes per second of a writer while a second thread flushes every 5 ms,
    /// until everything is on the disk.
    /// </summary>
    internal double DurableWriteRate(long bytes, int block)
    {
        using var done = new ManualResetEventSlim();
        var flusher = new Thread(() =>
        {
            while (!done.Wait(Appender.CommitMs))
            {
                Flush();
            }
        })
        { IsBackground = true, Name = "bench-flush" };
        long began = Stopwatch.GetTimestamp();
        flusher.Start();
        Write(0, bytes, block);
        done.Set();
        flusher.Join();
        Flush();
        return bytes / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    internal void Flush() => _file.FlushData().ThrowIfFailed("Flushing");

    public void Dispose()
    {
        _file.Dispose();
        _storage.Release();
        Directory.Delete(_directory, recursive: true);
    }
}
