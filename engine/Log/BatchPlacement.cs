using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Puts a batch into its reservation: stored to the mapping, or written through the file. Both go to the same page cache, and readers see
/// either. Which is cheaper is told in engine/README.md, <i>Non-obvious</i>. The magic byte comes last: lengths are unaligned and could be seen
/// half-written, one byte cannot, and 0 is "not yet". Nothing here may throw or allocate: the format has no filler for a hole.
/// </summary>
internal static unsafe class BatchPlacement
{
    private const int LeastWriteBytes = 12 * 1024; // At 8 KiB both cost the same, at 16 KiB a store costs a third more.
    private const int LeastWriteBytesOfFast = 24 * 1024; // Where large pages have come they come again, unless writes make small ones.

    private static ReadOnlySpan<byte> Magic => [BatchLayout.MagicV2];

    /// <summary>Whether so many bytes are cheaper to write than to store, where no pages are ready.</summary>
    internal static bool IsLarge(int sizeBytes) => sizeBytes >= LeastWriteBytes;

    /// <summary>Copies a batch into its reservation and publishes it.</summary>
    /// <param name="segment">The segment, mapped and leased.</param>
    /// <param name="position">Of the reservation.</param>
    /// <param name="header">The batch's header, complete.</param>
    /// <param name="records">What follows it.</param>
    /// <param name="isFlushAwaited">Whether somebody waits for flushes of this log: a page that is stored to then is written whole.</param>
    /// <param name="hooks">Null in production.</param>
    internal static void CopyAndPublish(LogSegment segment, int position, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records, bool isFlushAwaited, LogHooks? hooks)
    {
        bool hasLargePages = position + BatchLayout.HeaderSize + records.Length <= segment.LargePagesEnd;
        int leastWriteBytes = segment.LargePagesEnd > 0 ? LeastWriteBytesOfFast : LeastWriteBytes;
        bool isWritten = hasLargePages ? isFlushAwaited : records.Length >= leastWriteBytes;
        if (!isWritten || !TryWrite(segment, position, header, records, hooks))
        {
            Store(segment, position, header, records, hooks);
        }
    }

    // A store always works where the file has blocks, so a write that failed leaves no hole.
    private static bool TryWrite(LogSegment segment, int position, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records, LogHooks? hooks)
    {
        IStorageFile file = segment.File!;
        Span<byte> unpublished = stackalloc byte[BatchLayout.HeaderSize];
        header.CopyTo(unpublished);
        unpublished[BatchLayout.Magic] = 0;
        int size = BatchLayout.HeaderSize + records.Length;
        if (!file.Write(position + BatchLayout.HeaderSize, records).IsOk)
        {
            return false;
        }

        hooks?.At(LogPoint.AppendCopying, segment, position, size);
        if (!file.Write(position, unpublished).IsOk)
        {
            return false;
        }

        hooks?.At(LogPoint.AppendCopied, segment, position, size);
        return file.Write(position + BatchLayout.Magic, Magic).IsOk;
    }

    // memmove orders its own non-temporal stores before it returns, and so does a write call.
    private static void Store(LogSegment segment, int position, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records, LogHooks? hooks)
    {
        byte* target = segment.Start + position;
        int size = BatchLayout.HeaderSize + records.Length;
        records.CopyTo(new Span<byte>(target + BatchLayout.HeaderSize, records.Length));
        hooks?.At(LogPoint.AppendCopying, segment, position, size);
        header[..BatchLayout.Magic].CopyTo(new Span<byte>(target, BatchLayout.Magic));
        header[(BatchLayout.Magic + 1)..].CopyTo(new Span<byte>(target + BatchLayout.Magic + 1, BatchLayout.HeaderSize - BatchLayout.Magic - 1));
        hooks?.At(LogPoint.AppendCopied, segment, position, size);
        Volatile.Write(ref *(target + BatchLayout.Magic), BatchLayout.MagicV2);
    }
}
