namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Feeds compressed bytes to <see cref="System.IO.Compression.GZipStream"/> and detects
/// a truncated input, which that stream ignores. It appends two bytes that can neither
/// begin another member nor complete a trailer of less than 4 GiB. A decoder that is
/// done reads them and stops; an incomplete one requests more.
/// </summary>
internal sealed unsafe class GzipSource(byte* start, int length) : Stream
{
    private int _position;
    private bool _isPaddingRead;

    private static ReadOnlySpan<byte> Padding => [0xFF, 0xFF];

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, length - _position);
        if (count > 0)
        {
            new ReadOnlySpan<byte>(start + _position, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        if (_isPaddingRead)
        {
            throw new InvalidRecordException($"The gzip stream ends too early, after {length} bytes.");
        }

        _isPaddingRead = true;
        Padding.CopyTo(buffer);
        return Padding.Length;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
