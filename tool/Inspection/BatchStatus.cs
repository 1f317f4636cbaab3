namespace Zurau.Inspection;

/// <summary>Specifies what <see cref="SegmentReader"/> found at a position.</summary>
internal enum BatchStatus
{
    /// <summary>A batch; its checksum may be wrong.</summary>
    Batch,

    /// <summary>The end of the file.</summary>
    End,

    /// <summary>Zeros up to the end of the file.</summary>
    Zeros,

    /// <summary>A message of format 0 or 1, which is not supported.</summary>
    OldFormat,

    /// <summary>Bytes that are not a batch; nothing after them can be read.</summary>
    Broken,
}
