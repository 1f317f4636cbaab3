using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Refuses partitions with messages of Kafka's formats 0 and 1: they are not supported, and a
/// recovery would mistake them for a torn tail.
/// </summary>
internal static class OldFormatCheck
{
    /// <summary>
    /// Refuses bytes of a segment that are not a batch of format 2 but hold a message of an
    /// older format.
    /// </summary>
    /// <param name="path">The segment, for the message.</param>
    /// <param name="bytes">Bytes of the segment, read into memory.</param>
    /// <param name="position">Position of the first of them.</param>
    /// <exception cref="StorageException">They contain one.</exception>
    internal static void Refuse(string path, ReadOnlySpan<byte> bytes, long position)
    {
        if (Find(path, bytes, position) is { } refusal)
        {
            throw refusal;
        }
    }

    /// <summary>
    /// Refuses the rest of a segment, from a position at which no batch begins, if it contains
    /// a message of an older format.
    /// </summary>
    /// <exception cref="StorageException">There is one, or the device cannot read it.</exception>
    internal static void Refuse(LogSegment segment, int position, int length, int nowSeconds)
    {
        if (Find(segment, position, length, nowSeconds) is { } refusal)
        {
            throw refusal;
        }
    }

    /// <summary>
    /// Finds a message of an older format in the rest of a segment, from a position at which no
    /// batch begins; returns why the partition is refused, or null. The bytes are in memory
    /// afterwards.
    /// </summary>
    /// <exception cref="StorageException">The device cannot read them.</exception>
    internal static StorageException? Find(LogSegment segment, int position, int length, int nowSeconds)
    {
        segment.Populate(position, length, length, nowSeconds, out _).ThrowIfFailed($"Reading '{segment.Path}' after byte {position}");
        return Find(segment.Path, segment.Bytes(position, length - position), position);
    }

    /// <summary>
    /// Returns whether a message of an old format begins at a position of an open log at which
    /// no batch begins, and reports it. A clean startup reads a segment's first batch and what
    /// follows its last index entry; checking the rest would read every segment, so a reader
    /// may be the first to find such a message.
    /// </summary>
    /// <param name="context">The log's context.</param>
    /// <param name="segment">One of its segments, mapped and leased.</param>
    /// <param name="position">A position at which no batch begins.</param>
    /// <param name="limit">The exclusive end of the bytes that may be read.</param>
    internal static bool Show(LogContext context, LogSegment segment, int position, int limit)
    {
        if (limit - position < BatchLayout.HeaderSize || !segment.Populate(position, position + BatchLayout.HeaderSize, limit, context.NowSeconds, out _).IsOk)
        {
            return false;
        }

        long end = Math.Min(limit, position + Math.Max(BatchLayout.HeaderSize, BatchLayout.SizeOf(segment.Bytes(position, BatchLayout.HeaderSize))));
        if (!segment.Populate(position, (int)end, limit, context.NowSeconds, out _).IsOk
            || OldMessageFormat.Find(segment.Bytes(position, (int)end - position)) is not { } format)
        {
            return false;
        }

        context.Health.Report("old format", Message(segment.Path, format, position));
        return true;
    }

    private static StorageException? Find(string path, ReadOnlySpan<byte> bytes, long position) =>
        OldMessageFormat.FindIn(bytes) is var (format, at) ? new StorageException(Message(path, format, position + at)) : null;

    private static string Message(string path, int format, long position) =>
        $"'{path}' holds messages of format {format}, which are not read (byte {position}); nothing was changed. " +
        "Copy the records to a new topic with Apache Kafka, or move the partition's folder away to continue without it.";

    /// <summary>
    /// Refuses a folder in which an interrupted cleaning of Kafka would install segments with
    /// such messages.
    /// </summary>
    /// <exception cref="StorageException">A file cannot be read, or contains such a
    /// message.</exception>
    internal static void RefuseSwaps(IStorage storage, string directory, IReadOnlyList<string> names)
    {
        foreach (string name in names.Where(static name => name.EndsWith(LogFiles.LogSuffix + LogFiles.SwapSuffix, StringComparison.Ordinal)))
        {
            string path = $"{directory}/{name}";
            Refuse(path, WholeFile.Read(storage, path) ?? throw new StorageException($"'{path}' cannot be read."), 0);
        }
    }
}
