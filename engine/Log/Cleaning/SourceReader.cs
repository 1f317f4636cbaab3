using System.Buffers;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// Reads the batches of a full segment one after the other through its own file handle. So a
/// failing disk is an error and does not kill the process, and the segment need not be mapped.
/// A batch longer than the buffer makes the buffer grow. Not thread-safe.
/// </summary>
internal sealed class SourceReader : IDisposable
{
    private readonly IStorageFile _file;
    private readonly LogSegment _segment;
    private readonly int _limit;
    private byte[] _buffer;
    private int _bufferPosition; // File position of the buffer's first byte.
    private int _count;

    /// <exception cref="StorageException">The file cannot be opened.</exception>
    internal SourceReader(IStorage storage, LogSegment segment, int position, int bufferBytes)
    {
        _segment = segment;
        _limit = SegmentWord.Position(Volatile.Read(ref segment.Published));
        Position = position;
        storage.Open(segment.Path, FileOpening.Existing, out IStorageFile? file).ThrowIfFailed($"Opening '{segment.Path}' to clean it");
        _file = file!;
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(bufferBytes, BatchLayout.HeaderSize));
    }

    /// <summary>The position of the next batch.</summary>
    internal int Position { get; private set; }

    /// <summary>
    /// Reads the next batch; it is valid until the next call. False at the segment's end.
    /// </summary>
    /// <exception cref="StorageException">The disk cannot read it.</exception>
    /// <exception cref="InvalidRecordException">The bytes are not a batch, or not the one that
    /// was written.</exception>
    internal bool TryRead(out RecordBatchView batch)
    {
        batch = default;
        if (Position == _limit)
        {
            return false;
        }

        ReadOnlySpan<byte> bytes = Buffered(BatchLayout.HeaderSize);
        long size = bytes.Length >= BatchLayout.LogOverhead ? BatchLayout.SizeOf(bytes) : 0;
        if (size < BatchLayout.HeaderSize || size > _limit - Position)
        {
            throw Damaged("no batch begins there");
        }

        if (!RecordBatchView.TryRead(Buffered((int)size), out batch) || !batch.IsCrcValid())
        {
            throw Damaged("the batch there does not match its checksum");
        }

        Position += batch.SizeBytes;
        return true;
    }

    public void Dispose()
    {
        _file.Dispose();
        byte[] buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Returns bytes from the position on: at least the requested number, or all that the
    /// segment has.
    /// </summary>
    private ReadOnlySpan<byte> Buffered(int size)
    {
        int start = Position - _bufferPosition;
        if (start < 0 || start + size > _count)
        {
            if (size > _buffer.Length)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = ArrayPool<byte>.Shared.Rent(size);
            }

            int wanted = Math.Min(_buffer.Length, _limit - Position);
            _file.Read(Position, _buffer.AsSpan(0, wanted), out _count).ThrowIfFailed($"Reading '{_segment.Path}' at byte {Position}");
            _bufferPosition = Position;
            start = 0;
        }

        return _buffer.AsSpan(start, _count - start);
    }

    private InvalidRecordException Damaged(string what)
    {
        ReadOnlySpan<byte> bytes = Buffered(BatchLayout.HeaderSize);
        long size = bytes.Length >= BatchLayout.LogOverhead ? BatchLayout.SizeOf(bytes) : 0;
        return size > 0 && size <= _limit - Position && OldMessageFormat.Find(Buffered((int)size)) is { } format
            ? new($"'{_segment.Path}' holds messages of format {format}, which are not read (byte {Position}). Nothing was changed.")
            : new($"'{_segment.Path}' is damaged at byte {Position}: {what}. Nothing was changed; restore the file from a copy.");
    }
}
