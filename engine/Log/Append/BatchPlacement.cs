using System.Buffers;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Writes a batch into its reservation: by stores to the mapping, or by writes to the file.
/// Both reach the same page cache, and readers see either. engine/README.md,
/// <i>Non-obvious</i>, describes which is cheaper. The magic byte is written last: lengths are
/// unaligned and could be seen half-written, one byte cannot, and 0 means "not yet". No method
/// here may throw or allocate: the format has no filler for a hole. If a store may need a new
/// block (<see cref="MappedRegion.IsStoreSafe"/>), nothing is stored: a full disk is then an
/// error and not a SIGBUS.
/// </summary>
internal static class BatchPlacement
{
    private const int LeastWriteBytes = 12 * 1024; // At 8 KiB both cost the same, at 16 KiB a store costs a third more.
    private const int LeastWriteBytesOfFast = 24 * 1024; // A file with large pages gets more of them, unless writes create small ones.

    private static ReadOnlySpan<byte> Magic => [BatchLayout.MagicV2];

    /// <summary>
    /// Whether this many bytes are cheaper to write than to store if no pages are ready.
    /// </summary>
    internal static bool IsLarge(int sizeBytes) => sizeBytes >= LeastWriteBytes;

    /// <summary>Copies a batch into its reservation and stores its magic byte.</summary>
    /// <param name="segment">The segment, mapped and leased.</param>
    /// <param name="position">Byte position of the reservation.</param>
    /// <param name="header">The batch's header, complete.</param>
    /// <param name="records">The bytes after the header; empty if they are in
    /// <paramref name="pieces"/>.</param>
    /// <param name="pieces">The bytes after the header if they are not in one piece.</param>
    /// <param name="isFlushAwaited">Whether flushes of this log have waiters: each flush then
    /// writes stored-to pages whole.</param>
    /// <param name="hooks">Null in production.</param>
    /// <returns>Why the batch could not be written; never an error if stores are safe. On an
    /// error the magic byte is 0.</returns>
    internal static IoResult CopyAndPublish(LogSegment segment, int position, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records, in ReadOnlySequence<byte> pieces, bool isFlushAwaited, LogHooks? hooks)
    {
        int recordsSize = records.IsEmpty ? (int)pieces.Length : records.Length;
        bool hasLargePages = position + BatchLayout.HeaderSize + recordsSize <= segment.LargePagesEnd;
        int leastWriteBytes = segment.LargePagesEnd > 0 ? LeastWriteBytesOfFast : LeastWriteBytes;
        bool isStoreSafe = segment.IsStoreSafe;
        if (!isStoreSafe || (hasLargePages ? isFlushAwaited : recordsSize >= leastWriteBytes))
        {
            IoResult written = Write(segment, position, header, records, pieces, recordsSize, hooks);
            if (written.IsOk || !isStoreSafe)
            {
                return written;
            }
        }

        // A store succeeds if the file has blocks, so a failed write leaves no hole.
        Store(segment, position, header, records, pieces, recordsSize, hooks);
        return IoResult.Ok;
    }

    private static IoResult Write(LogSegment segment, int position, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records, in ReadOnlySequence<byte> pieces, int recordsSize, LogHooks? hooks)
    {
        IStorageFile file = segment.File!;
        Span<byte> unpublished = stackalloc byte[BatchLayout.HeaderSize];
        header.CopyTo(unpublished);
        unpublished[BatchLayout.Magic] = 0;
        int size = BatchLayout.HeaderSize + recordsSize;
        IoResult result = records.IsEmpty ? Write(file, position + BatchLayout.HeaderSize, pieces) : file.Write(position + BatchLayout.HeaderSize, records);
        if (!result.IsOk)
        {
            return result;
        }

        hooks?.At(LogPoint.AppendCopying, segment, position, size);
        result = file.Write(position, unpublished);
        if (!result.IsOk)
        {
            return result;
        }

        hooks?.At(LogPoint.AppendCopied, segment, position, size);
        return file.Write(position + BatchLayout.Magic, Magic);
    }

    private static IoResult Write(IStorageFile file, long position, in ReadOnlySequence<byte> pieces)
    {
        IoResult result = IoResult.Ok;
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            result = result.IsOk ? file.Write(position, piece.Span) : result;
            position += piece.Length;
        }

        return result;
    }

    // memmove orders its own non-temporal stores before it returns, and so does a write call.
    private static void Store(LogSegment segment, int position, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records, in ReadOnlySequence<byte> pieces, int recordsSize, LogHooks? hooks)
    {
        int size = BatchLayout.HeaderSize + recordsSize;
        if (records.IsEmpty)
        {
            segment.Store(position + BatchLayout.HeaderSize, pieces);
        }
        else
        {
            segment.Store(position + BatchLayout.HeaderSize, records);
        }

        hooks?.At(LogPoint.AppendCopying, segment, position, size);
        segment.StoreUnpublished(position, header);
        hooks?.At(LogPoint.AppendCopied, segment, position, size);
        segment.Publish(position);
    }
}
