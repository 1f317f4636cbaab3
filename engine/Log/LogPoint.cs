namespace Zurau.Engine.Log;

/// <summary>
/// Steps of the threads that work on a log, at which a simulator may pause, kill or overtake a
/// thread. File operations are separate points, in the storage interface; these are the steps
/// between them, and the places where one thread waits for another.
/// </summary>
internal enum LogPoint
{
    /// <summary>An appender has its lease and has read the log's state.</summary>
    AppendLeased,

    /// <summary>Bytes and offsets are reserved, nothing is copied.</summary>
    AppendReserved,

    /// <summary>The records are copied, the header is not.</summary>
    AppendCopying,

    /// <summary>All but the magic byte is copied.</summary>
    AppendCopied,

    /// <summary>The magic byte is stored; the published end has not been read.</summary>
    AppendPublished,

    /// <summary>
    /// The batch is pushed, as far as this appender could; its lease is still held.
    /// </summary>
    AppendPushed,

    /// <summary>A complete batch was seen; the published end was not moved over it.</summary>
    PushSeen,

    /// <summary>A segment is published to its seal; the next one is not being pushed yet.</summary>
    PushCrossing,

    /// <summary>The published end was moved; indexes and waiters have not followed.</summary>
    PushMoved,

    /// <summary>The indexer's flag is set.</summary>
    IndexerEntered,

    /// <summary>Batches are indexed; the last stable offset has not moved.</summary>
    IndexerRead,

    /// <summary>The last stable offset has moved; the indexed end has not.</summary>
    IndexerStable,

    /// <summary>The flag is cleared; the end was not read again.</summary>
    IndexerLeft,

    /// <summary>A thread is about to add a waiter.</summary>
    WaiterBeforeAdd,

    /// <summary>A waiter is in the list; the word was not read again.</summary>
    WaiterAdded,

    /// <summary>All waiters are removed from the list and owned by one thread.</summary>
    WaitersTaken,

    /// <summary>The next segment's file exists; this one is not sealed.</summary>
    RollPrepared,

    /// <summary>A segment is sealed and not truncated.</summary>
    RollSealed,

    /// <summary>The next segment has its name; it is not in the list.</summary>
    RollNamed,

    /// <summary>The next segment is in the array and not linked.</summary>
    RollListed,

    /// <summary>The next segment is linked; appends still go to the old one.</summary>
    RollLinked,

    /// <summary>A file has grown; the seal was not read again.</summary>
    ExtendAllocated,

    /// <summary>A reader has read the end and has no segment.</summary>
    ReadEndKnown,

    /// <summary>A reader holds a segment and has not searched for the offset.</summary>
    ReadLeased,

    /// <summary>The log start offset was moved in memory.</summary>
    StartMoved,

    /// <summary>A lookup by time has read the start and the end of its range.</summary>
    LookupBegun,

    /// <summary>A lookup has the largest timestamp and has not found its record yet.</summary>
    LookupNarrowed,

    /// <summary>A flusher has cleared the request and not read the end.</summary>
    FlushBegun,

    /// <summary>A flusher has read the end that it will make durable.</summary>
    FlushEndKnown,

    /// <summary>Everything is on disk; the durable end has not moved.</summary>
    FlushDone,

    /// <summary>The durable end has moved; its waiters are not completed.</summary>
    FlushMoved,

    /// <summary>A log that is being closed is sealed.</summary>
    CloseSealed,

    /// <summary>A segment was checked; later ones were not read.</summary>
    RecoverySegment,

    /// <summary>A log was recovered; it is not in use yet.</summary>
    RecoveryDone,

    /// <summary>
    /// A transaction's marker is in a log; the offsets that it commits or aborts are still
    /// pending.
    /// </summary>
    MarkerAppended,

    /// <summary>A transaction's state was appended and replayed; no action has followed.</summary>
    TransactionReplayed,

    /// <summary>
    /// Retention has read the list of segments; others may be added from here on.
    /// </summary>
    RetentionListed,

    /// <summary>
    /// Segments are removed from the array; holders of leases may still read them, and their
    /// files have their names.
    /// </summary>
    RemovedFromList,

    /// <summary>The last offset of every key is recorded; nothing is copied.</summary>
    CleanMapped,

    /// <summary>The kept records of a batch are copied, perhaps not written yet.</summary>
    CleanCopied,

    /// <summary>
    /// A cleaned segment is complete and on disk as <c>.swap</c>; the log has its sources.
    /// </summary>
    CleanSwapping,

    /// <summary>
    /// The cleaned segment is in the array; the previous one is still linked to its sources.
    /// </summary>
    CleanReplaced,

    /// <summary>
    /// The sources are renamed on disk; the cleaned segment has not got its name.
    /// </summary>
    CleanRenaming,

    /// <summary>The cleaned segment has its name.</summary>
    CleanSwapped,

    /// <summary>A log is clean up to a new offset, which is not on disk.</summary>
    CleanDone,

    /// <summary>Waits for a segment whose file is being closed.</summary>
    WaitEviction,

    /// <summary>Waits for a flush in progress.</summary>
    WaitFlush,

    /// <summary>Waits for copies and rolls in progress.</summary>
    WaitAppenders,

    /// <summary>Waits for another batch or marker of the same producer to be reserved.</summary>
    WaitProducer,

    /// <summary>Waits for a lock that is held during file operations.</summary>
    WaitLock,
}
