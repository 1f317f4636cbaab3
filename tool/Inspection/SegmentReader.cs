using Zurau.Engine.Records;

namespace Zurau.Inspection;

/// <summary>
/// Reads the batches of a <c>.log</c> file in order, through a sliding window. A batch is
/// valid until the next read.
/// </summary>
internal sealed class SegmentReader(IDataFile file)
{
    private byte[] _window = new byte[256 * 1024];
    private long _start; // The position of the window in the file.
    private int _filled;

    /// <summary>
    /// Gets the position of the last batch, or the position at which reading stopped.
    /// </summary>
    internal long Position { get; private set; }

    /// <summary>Gets the position of the next batch.</summary>
    internal long Next { get; private set; }

    /// <summary>Gets why the bytes at <see cref="Position"/> are not a batch.</summary>
    internal string Problem { get; private set; } = "";

    /// <summary>Reads the batch at <see cref="Next"/>.</summary>
    /// <exception cref="IOException">The device cannot read it.</exception>
    internal BatchStatus Read(out RecordBatchView batch)
    {
        batch = default;
        Position = Next;
        ReadOnlySpan<byte> bytes = Window(Position, BatchLayout.HeaderSize);
        if (bytes.IsEmpty)
        {
            return BatchStatus.End;
        }

        if (ReadOldFormat(bytes) is { } format)
        {
            Problem = $"it contains messages of format {format}, which is not supported";
            return BatchStatus.OldFormat;
        }

        bytes = Window(Position, BatchLayout.HeaderSize); // The window may have moved.
        if (bytes.Length < BatchLayout.HeaderSize)
        {
            return Broken($"{bytes.Length} bytes are left, but a batch header has {BatchLayout.HeaderSize}");
        }

        long size = BatchLayout.SizeOf(bytes);
        if (bytes[BatchLayout.Magic] != BatchLayout.MagicV2)
        {
            return Broken($"the magic byte is {bytes[BatchLayout.Magic]}, not {BatchLayout.MagicV2}");
        }

        if (size < BatchLayout.HeaderSize || size > Array.MaxLength)
        {
            return Broken($"the batch size {size} in the header is not valid");
        }

        if (size > file.Length - Position)
        {
            return Broken($"the batch header has size {size}, but only {file.Length - Position} bytes are left");
        }

        if (!RecordBatchView.TryRead(Window(Position, (int)size)[..(int)size], out batch))
        {
            return Broken("the batch cannot be read");
        }

        Next = Position + size;
        return BatchStatus.Batch;
    }

    /// <summary>
    /// Returns the format of the message at the position if the bytes are a message of
    /// format 0 or 1.
    /// </summary>
    private int? ReadOldFormat(ReadOnlySpan<byte> header)
    {
        if (header.Length < BatchLayout.LogOverhead)
        {
            return null;
        }

        long size = BatchLayout.SizeOf(header);
        return size > BatchLayout.LogOverhead && size <= Math.Min(Array.MaxLength, file.Length - Position) ? OldMessageFormat.Find(Window(Position, (int)size)) : null;
    }

    private BatchStatus Broken(string problem)
    {
        Problem = problem;
        for (long position = Position; ;)
        {
            ReadOnlySpan<byte> bytes = Window(position, 1);
            if (bytes.IsEmpty)
            {
                return BatchStatus.Zeros;
            }

            if (bytes.IndexOfAnyExcept((byte)0) >= 0)
            {
                return BatchStatus.Broken;
            }

            position += bytes.Length;
        }
    }

    /// <summary>
    /// Returns at least a number of bytes from a position; fewer only at the end of the
    /// file.
    /// </summary>
    private ReadOnlySpan<byte> Window(long position, int count)
    {
        if (position < _start || position + count > _start + _filled)
        {
            if (count > _window.Length)
            {
                _window = new byte[count];
            }

            _start = position;
            _filled = file.Read(position, _window);
        }

        return _window.AsSpan((int)(position - _start), _filled - (int)(position - _start));
    }
}
