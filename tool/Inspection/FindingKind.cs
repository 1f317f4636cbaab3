namespace Zurau.Inspection;

/// <summary>Specifies the kind of a finding.</summary>
public enum FindingKind
{
    /// <summary>A file or folder that cannot be read.</summary>
    Unreadable,

    /// <summary>Bytes of a log that are not a batch.</summary>
    BadBatch,

    /// <summary>Messages of format 0 or 1, which are not supported.</summary>
    OldFormat,

    /// <summary>A batch whose checksum does not match its bytes.</summary>
    BadChecksum,

    /// <summary>A batch whose header is inconsistent or contradicts its records.</summary>
    BadRecords,

    /// <summary>Zeros after the last batch.</summary>
    ZeroTail,

    /// <summary>Offsets that are missing or duplicated.</summary>
    OffsetGap,

    /// <summary>An <c>.index</c> with wrong entries.</summary>
    OffsetIndex,

    /// <summary>A <c>.timeindex</c> with wrong entries.</summary>
    TimeIndex,

    /// <summary>A <c>.txnindex</c> that contradicts the markers.</summary>
    TransactionIndex,

    /// <summary>
    /// A <c>.snapshot</c> that cannot be read or contradicts the records.
    /// </summary>
    Snapshot,

    /// <summary>
    /// Leader epochs that decrease, or that differ between batches and checkpoint.
    /// </summary>
    LeaderEpoch,

    /// <summary>
    /// An offset checkpoint that cannot be read or is outside of its log.
    /// </summary>
    Checkpoint,

    /// <summary>A file that identifies a topic or directory and is wrong.</summary>
    Metadata,

    /// <summary>A file that does not belong to any segment or topic.</summary>
    Leftover,
}
