using System.Diagnostics;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// A segment that cleaning writes: files that end in <c>.cleaned</c> until they are complete
/// and on disk. If it does not replace its sources, the caller closes it and
/// <see cref="SegmentRemover"/> deletes its files; after a crash the next startup deletes them.
/// Not thread-safe.
/// </summary>
internal sealed class CleanedSegment
{
    /// <summary>The bytes of one write.</summary>
    internal const int BufferBytes = 1 << 20;

    private readonly LogContext _context;
    private readonly IStorageFile _file;
    private readonly byte[] _buffer;
    private int _buffered;
    private int _position;
    private long _nextOffset;
    private IndexBuilder _index;

    /// <param name="context">The log's context.</param>
    /// <param name="baseOffset">The segment's base offset.</param>
    /// <param name="buffer">Collects the bytes of a write, until the segment is complete.</param>
    /// <exception cref="StorageException">The file cannot be created.</exception>
    internal CleanedSegment(LogContext context, long baseOffset, byte[] buffer)
    {
        _buffer = buffer;
        _context = context;
        string path = PathOf(context, baseOffset, LogFiles.LogSuffix);
        context.Directory.Storage.Open(path + LogFiles.CleanedSuffix, FileOpening.Truncated, out IStorageFile? file).ThrowIfFailed($"Creating '{path}{LogFiles.CleanedSuffix}'");
        _file = file!;
        _nextOffset = baseOffset;
        _index = new IndexBuilder(context.Settings.Value.IndexIntervalBytes, 0);
        Segment = new LogSegment(_file, path, baseOffset, 1, 0) { CreatedMs = context.NowMs, Hooks = context.Hooks };
    }

    /// <summary>The segment, which is not in the log yet.</summary>
    internal LogSegment Segment { get; }

    /// <summary>Bytes written.</summary>
    internal int SizeBytes => _position;

    /// <summary>Adds a batch, in the order of offsets.</summary>
    /// <exception cref="StorageException">The disk is full or has failed.</exception>
    internal void Append(ReadOnlySpan<byte> batch)
    {
        if (!RecordBatchView.TryRead(batch, out RecordBatchView view) || view.BaseOffset < _nextOffset || view.LastOffset - Segment.BaseOffset >= int.MaxValue)
        {
            throw new InvalidOperationException($"Cleaning {_context.Partition} produced a batch that does not follow offset {_nextOffset} in the segment that begins at {Segment.BaseOffset}.");
        }

        if (batch.Length > int.MaxValue - _position)
        {
            throw new StorageException($"The cleaned segment '{Segment.Path}' would be larger than 2 GiB; lower 'segment.bytes' of the topic.");
        }

        if (batch.Length > _buffer.Length - _buffered)
        {
            WriteBuffered();
        }

        if (batch.Length > _buffer.Length)
        {
            Write(batch, _position);
        }
        else
        {
            batch.CopyTo(_buffer.AsSpan(_buffered));
            _buffered += batch.Length;
        }

        _index.Add(Segment, _position, view);
        _nextOffset = view.LastOffset + 1;
        _position += batch.Length;
    }

    /// <summary>Adds an aborted transaction whose marker is in this segment.</summary>
    internal void Append(AbortedTransaction aborted) => Segment.Transactions.Append(aborted);

    /// <summary>Whether everything that was written is on disk.</summary>
    internal bool IsFlushed { get; private set; }

    /// <summary>Writes the remaining buffered bytes; <see cref="Flush"/> follows.</summary>
    /// <exception cref="StorageException">The disk is full or has failed.</exception>
    internal void WriteRest() => WriteBuffered();

    /// <summary>
    /// Makes the records durable, which may take long for a large segment. Needs no lock: no
    /// other thread uses the file.
    /// </summary>
    /// <exception cref="StorageException">The disk is full or has failed.</exception>
    internal void Flush()
    {
        _file.FlushData().ThrowIfFailed($"Flushing '{Segment.Path}{LogFiles.CleanedSuffix}'");
        IsFlushed = true;
    }

    /// <summary>
    /// Writes the indexes and makes them durable. Call after <see cref="Flush"/>.
    /// </summary>
    /// <exception cref="StorageException">The disk is full or has failed.</exception>
    internal void Complete(long modifiedMs)
    {
        Debug.Assert(IsFlushed && _buffered == 0, "The records must be flushed first.");
        Segment.Plan(_position);
        Segment.SetRecovered(_position, _nextOffset);
        Segment.NoteModified(modifiedMs);
        if (_position > 0)
        {
            Segment.IndexFilesState = IndexFilesState.Stale;
            IndexFiles.Write(_context.Directory.Storage, _context.Directory.Path, Segment, LogFiles.CleanedSuffix).ThrowIfFailed($"Writing the indexes of '{Segment.Path}'");
            IndexFiles.Complete(_context.Directory.Storage, _context.Directory.Path, [Segment], LogFiles.CleanedSuffix).ThrowIfFailed($"Flushing the indexes of '{Segment.Path}'");
        }
    }

    private static string PathOf(LogContext context, long baseOffset, string suffix) => $"{context.Directory.Path}/{LogFiles.Of(baseOffset, suffix)}";

    private void WriteBuffered()
    {
        Write(_buffer.AsSpan(0, _buffered), _position - _buffered);
        _buffered = 0;
    }

    private void Write(ReadOnlySpan<byte> bytes, int position)
    {
        if (!bytes.IsEmpty)
        {
            _file.Write(position, bytes).ThrowIfFailed($"Writing '{Segment.Path}{LogFiles.CleanedSuffix}'");
        }
    }
}
