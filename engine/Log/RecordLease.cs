namespace Zurau.Engine.Log;

/// <summary>A counted hold on a segment and a slice of it.</summary>
internal abstract class RecordLease
{
    internal abstract ReadOnlyMemory<byte> Bytes { get; }

    internal abstract void Release();
}
