namespace Zurau.Harness.Inspection;

/// <summary>What kind of thing a check found.</summary>
public enum FindingKind
{
    /// <summary>A file or folder that cannot be read.</summary>
    Unreadable,

    /// <summary>Bytes of a log that are no batch.</summary>
    BadBatch,

    /// <summary>Messages of format 0 or 1, which are not read.</summary>
    OldFormat,

    /// <summary>A batch whose checksum is not that of its bytes.</summary>
    BadChecksum,

    /// <summary>A batch whose header contradicts itself or its records.</summary>
    BadRecords,

    /// <summary>Zeros behind the last batch.</summary>
    ZeroTail,

    /// <summary>Offsets that are missing or come twice.</summary>
    OffsetGap,

    /// <summary>An <c>.index</c> that leads astray.</summary>
    OffsetIndex,

    /// <summary>A <c>.timeindex</c> that leads astray.</summary>
    TimeIndex,

    /// <summary>A <c>.txnindex</c> that says other than the markers.</summary>
    TransactionIndex,

    /// <summary>A <c>.snapshot</c> that cannot be read or says other than the records.</summary>
    Snapshot,

    /// <summary>Leader epochs that go back, or of which batches and checkpoint say different things.</summary>
    LeaderEpoch,

    /// <summary>An offset checkpoint that cannot be read or does not lie within its log.</summary>
    Checkpoint,

    /// <summary>A file that says which topic or directory this is and cannot be right.</summary>
    Metadata,

    /// <summary>A file that belongs to nothing.</summary>
    Leftover,
}
