namespace Zurau.Engine.Log;

/// <summary>A counted hold on a segment and a slice of it: the bytes stay readable until it is released, once.</summary>
internal sealed class RecordLease(LogSegment segment, int position, int length)
{
    internal ReadOnlyMemory<byte> Bytes => segment.Slice(position, length);

    internal void Release() => segment.Release();
}
