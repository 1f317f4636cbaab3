namespace Zurau.Engine.Log;

/// <summary>
/// Steps between which a simulator may stop, kill or overtake whoever is at work on a log. File operations are points of their own, at the
/// storage seam; these are the steps between them, and the places where somebody waits for somebody else.
/// </summary>
internal enum LogPoint
{
    /// <summary>An appender has its lease and has looked at the log's state.</summary>
    AppendLeased,

    /// <summary>Bytes and offsets are reserved, nothing is copied.</summary>
    AppendReserved,

    /// <summary>The records are copied, the header is not.</summary>
    AppendCopying,

    /// <summary>All but the magic byte is copied.</summary>
    AppendCopied,

    /// <summary>The magic byte is stored; the published end has not been looked at.</summary>
    AppendPublished,

    /// <summary>The batch is pushed, as far as this appender could; its lease is still held.</summary>
    AppendPushed,

    /// <summary>A complete batch was seen; the published end was not moved over it.</summary>
    PushSeen,

    /// <summary>A segment is published to its seal; the next one is not being pushed yet.</summary>
    PushCrossing,

    /// <summary>The published end was moved; indexes and waiters do not know.</summary>
    PushMoved,

    /// <summary>The indexer's flag is taken.</summary>
    DeriveTaken,

    /// <summary>Batches are looked at; the last stable offset has not moved.</summary>
    DeriveRead,

    /// <summary>The last stable offset has moved; the derived end has not.</summary>
    DeriveStable,

    /// <summary>The flag is given back; the end was not looked at again.</summary>
    DeriveReleased,

    /// <summary>Somebody is about to add a waiter.</summary>
    WaiterBeforeAdd,

    /// <summary>A waiter stands in the list; the word was not looked at again.</summary>
    WaiterAdded,

    /// <summary>All waiters are off the list and in one hand.</summary>
    WaitersTaken,

    /// <summary>The next segment's file is there; this one is not sealed.</summary>
    RollPrepared,

    /// <summary>A segment is sealed and not cut.</summary>
    RollSealed,

    /// <summary>The next segment has its name; nobody knows it.</summary>
    RollNamed,

    /// <summary>The next segment is in the array and not linked.</summary>
    RollListed,

    /// <summary>The next segment is linked; appends still go to the old one.</summary>
    RollLinked,

    /// <summary>A file has grown; the seal was not looked at again.</summary>
    ExtendAllocated,

    /// <summary>A reader knows the end and has no segment.</summary>
    ReadEndKnown,

    /// <summary>A reader holds a segment and has not looked for the offset.</summary>
    ReadLeased,

    /// <summary>The log start was moved in memory.</summary>
    StartMoved,

    /// <summary>A lookup by time knows the start and the end of what it looks at.</summary>
    LookupBegun,

    /// <summary>A lookup knows the largest timestamp and has not found its record yet.</summary>
    LookupNarrowed,

    /// <summary>A flusher has taken back the request and not read the end.</summary>
    FlushBegun,

    /// <summary>A flusher knows what it will make durable.</summary>
    FlushEndKnown,

    /// <summary>All is on disk; the durable end has not moved.</summary>
    FlushDone,

    /// <summary>The durable end has moved; its waiters do not know.</summary>
    FlushMoved,

    /// <summary>A log that is being closed is sealed.</summary>
    CloseSealed,

    /// <summary>A segment was checked; nothing behind it was looked at.</summary>
    RecoverySegment,

    /// <summary>A log was recovered; nobody knows it.</summary>
    RecoveryDone,

    /// <summary>A transaction's marker is in a log; offsets that it decides are pending still.</summary>
    MarkerAppended,

    /// <summary>A transaction's state was appended and replayed; nothing was done about it.</summary>
    TransactionReplayed,

    /// <summary>Retention has the segments; others may be added from here on.</summary>
    RetentionListed,

    /// <summary>Segments are out of the array; who holds one may still read it, and their files have their names.</summary>
    RemovedFromList,

    /// <summary>The last offset of every key is noted; nothing is copied.</summary>
    CleanMapped,

    /// <summary>What stays of a batch is copied, perhaps not written yet.</summary>
    CleanCopied,

    /// <summary>A cleaned segment is complete and on disk as <c>.swap</c>; the log has its sources.</summary>
    CleanSwapping,

    /// <summary>The cleaned segment is in the array; the one before it still leads to its sources.</summary>
    CleanReplaced,

    /// <summary>The sources have gone from the disk's names; the cleaned segment has not got its own.</summary>
    CleanRenaming,

    /// <summary>The cleaned segment has its name.</summary>
    CleanSwapped,

    /// <summary>A log is clean up to a new offset, which is not on disk.</summary>
    CleanDone,

    /// <summary>Waits for a segment whose file is just being closed.</summary>
    WaitEviction,

    /// <summary>Waits for a flush under way.</summary>
    WaitFlush,

    /// <summary>Waits for copies and rolls under way.</summary>
    WaitAppenders,

    /// <summary>Waits for another batch or marker of the same producer to be reserved.</summary>
    WaitProducer,

    /// <summary>Waits for a lock that is held over file operations.</summary>
    WaitLock,
}
