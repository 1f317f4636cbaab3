using System.Buffers.Binary;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// Creates a large log of sparse files. Each segment has its first batch, a hole, its
/// last batch, and index files of full length that are correct at their ends: the data
/// that a startup after a clean shutdown reads. The records in the holes do not exist.
/// </summary>
internal static class SyntheticLog
{
    private const int IndexIntervalBytes = 4096;
    private const int RecordBytes = 100;

    /// <summary>
    /// Replaces the log of a partition that was closed with a clean shutdown and has one
    /// batch.
    /// </summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="folder">The partition folder in it.</param>
    /// <param name="batch">The batch at the beginning and the end of each segment: one
    /// record, base offset 0, leader epoch 0.</param>
    /// <param name="segments">The number of segments.</param>
    /// <param name="segmentBytes">The size of each segment.</param>
    internal static void Fill(string directory, string folder, byte[] batch, int segments, int segmentBytes)
    {
        var storage = new FileStorage(directory);
        string path = Path.Combine(directory, folder);
        foreach (string file in Directory.GetFiles(path).Where(static file => LogFiles.TryParse(Path.GetFileName(file), ProducerSnapshot.Suffix, out _)))
        {
            File.Delete(file);
        }

        int records = segmentBytes / RecordBytes;
        int entries = segmentBytes / IndexIntervalBytes;
        int position = segmentBytes - batch.Length;
        _ = RecordBatchView.TryRead(batch, out RecordBatchView view);
        byte[] offset = new byte[OffsetEntry.SizeBytes];
        new OffsetEntry(records - 1, position).Write(offset);
        byte[] time = new byte[TimeEntry.SizeBytes];
        new TimeEntry(view.MaxTimestamp, records - 1).Write(time);
        for (int i = 0; i < segments; i++)
        {
            long baseOffset = (long)i * records;
            Write(path, baseOffset, LogFiles.LogSuffix, (0, At(batch, baseOffset)), (position, At(batch, baseOffset + records - 1)));
            Write(path, baseOffset, LogFiles.OffsetIndexSuffix, ((entries - 1) * offset.Length, offset));
            Write(path, baseOffset, LogFiles.TimeIndexSuffix, ((entries - 1) * time.Length, time));
            ProducerSnapshot.Write(storage, folder, baseOffset + records, []).ThrowIfFailed("Writing a snapshot of no producers");
        }
    }

    private static byte[] At(byte[] batch, long baseOffset)
    {
        byte[] placed = [.. batch];
        BinaryPrimitives.WriteInt64BigEndian(placed, baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(placed.AsSpan(BatchLayout.PartitionLeaderEpoch), 0);
        return placed;
    }

    private static void Write(string path, long baseOffset, string suffix, params ReadOnlySpan<(int Position, byte[] Bytes)> parts)
    {
        using FileStream file = File.Create(Path.Combine(path, LogFiles.Of(baseOffset, suffix)));
        foreach ((int position, byte[] bytes) in parts)
        {
            file.Position = position;
            file.Write(bytes);
        }
    }
}
