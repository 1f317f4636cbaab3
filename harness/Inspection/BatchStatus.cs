namespace Zurau.Harness.Inspection;

/// <summary>What <see cref="SegmentReader"/> found at a position.</summary>
internal enum BatchStatus
{
    /// <summary>A batch, though its checksum may be wrong.</summary>
    Batch,

    /// <summary>The file's end.</summary>
    End,

    /// <summary>Nothing but zeros up to the file's end.</summary>
    Zeros,

    /// <summary>A message of format 0 or 1, which is not read.</summary>
    OldFormat,

    /// <summary>Bytes that are no batch; nothing behind them can be read.</summary>
    Broken,
}
