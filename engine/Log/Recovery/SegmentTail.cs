namespace Zurau.Engine.Log;

/// <summary>What a segment's file has after its last accepted batch.</summary>
internal enum SegmentTail
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Zeros: space that was allocated and not written.</summary>
    Zeros,

    /// <summary>Bytes that are not the expected batch, some of them not zero.</summary>
    Bytes,

    /// <summary>A message of format 0 or 1.</summary>
    OldFormat,
}
