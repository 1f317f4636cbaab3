using System.Buffers.Binary;
using System.Text;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Simulation;

/// <summary>
/// Replaces the empty segment of a partition by one that ends shortly before 2^31 bytes:
/// two batches of zeros below the log start, after a clean shutdown. The next appends
/// reach the limit of positions at normal cost.
/// </summary>
internal static class LargeSegment
{
    /// <summary>The log start offset, which is also the end offset.</summary>
    internal const int Records = 2;

    /// <summary>The minimum size of the segment, in bytes.</summary>
    internal const int LeastBytes = FirstBytes + SecondLeastBytes;

    private const int FirstBytes = int.MaxValue - (1 << 20);
    private const int SecondLeastBytes = 1000;

    // Older than all other timestamps, and too recent for a roll.
    private static readonly long s_timestamp = new DateTimeOffset(2025, 12, 31, 23, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    // Created once: its checksum covers almost 2 GiB.
    private static readonly Lazy<byte[]> s_first = new(static () => Header(0, FirstBytes));

    /// <summary>
    /// Creates the segment for partition 0 of a topic whose broker was closed with a
    /// clean shutdown.
    /// </summary>
    /// <param name="disk">The disk.</param>
    /// <param name="storage">The same disk as a process sees it.</param>
    /// <param name="sizeBytes">The size of the segment.</param>
    internal static void Create(SimDisk disk, IStorage storage, int sizeBytes)
    {
        string directory = $"{CrashRun.Topic}-0";
        byte[] second = Header(1, sizeBytes - FirstBytes);
        disk.WithFile($"{directory}/{LogFiles.Segment(0)}", file => file.SetBallast(new Ballast(sizeBytes, [(0, s_first.Value), (FirstBytes, second)])));
        byte[] index = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(index, 1);
        BinaryPrimitives.WriteInt32BigEndian(index.AsSpan(4), FirstBytes);
        Write(storage, $"{directory}/{LogFiles.Of(0, LogFiles.OffsetIndexSuffix)}", index);
        byte[] times = new byte[12];
        BinaryPrimitives.WriteInt64BigEndian(times, s_timestamp);
        BinaryPrimitives.WriteInt32BigEndian(times.AsSpan(8), 1);
        Write(storage, $"{directory}/{LogFiles.Of(0, LogFiles.TimeIndexSuffix)}", times);
        Write(storage, "log-start-offset-checkpoint", Encoding.UTF8.GetBytes($"0\n1\n{CrashRun.Topic} 0 {Records}\n"));
        storage.SyncDirectory(directory).ThrowIfFailed("Flushing the directory");
        storage.SyncDirectory("").ThrowIfFailed("Flushing the directory");
    }

    private static void Write(IStorage storage, string path, ReadOnlySpan<byte> bytes)
    {
        storage.Open(path, FileOpening.Truncated, out IStorageFile? file).ThrowIfFailed($"Making '{path}'");
        using (file)
        {
            file!.Write(0, bytes).ThrowIfFailed($"Writing '{path}'");
            file.FlushData().ThrowIfFailed($"Flushing '{path}'");
        }
    }

    /// <summary>Creates the header of a batch of one record that is all zeros.</summary>
    private static byte[] Header(int offset, int size)
    {
        NativeBuffer buffer = BufferPool.Take(size);
        Span<byte> batch = buffer.At(0, size);
        BinaryPrimitives.WriteInt64BigEndian(batch, offset);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.BatchLength..], size - BatchLayout.LogOverhead);
        batch[BatchLayout.Magic] = BatchLayout.MagicV2;
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.MaxTimestamp..], s_timestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.ProducerId..], -1);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.RecordsCount..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(batch[BatchLayout.Crc..], Crc32C.Compute(batch[BatchLayout.Attributes..]));
        byte[] header = batch[..BatchLayout.HeaderSize].ToArray();
        BufferPool.Return(buffer);
        return header;
    }
}
