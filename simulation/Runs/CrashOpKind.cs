namespace Zurau.Simulation;

/// <summary>
/// Specifies the kind of an operation. A scenario handles the kinds that its planner
/// draws.
/// </summary>
internal enum CrashOpKind
{
    /// <summary>Appends one batch and waits for its acknowledgement.</summary>
    Append,

    /// <summary>Fetches once from the current position.</summary>
    Read,

    /// <summary>Fetches from a random offset.</summary>
    Seek,

    /// <summary>Finds an offset by time.</summary>
    Lookup,

    /// <summary>Moves the log start.</summary>
    DeleteRecords,

    /// <summary>Sleeps.</summary>
    Sleep,

    /// <summary>Writes some dirty pages, as the kernel does.</summary>
    Writeback,

    /// <summary>Makes the wall clock jump.</summary>
    ClockStep,

    /// <summary>Fills the disk except for some blocks.</summary>
    Quota,

    /// <summary>Makes one flush fail with EIO.</summary>
    FailFlush,

    /// <summary>Makes calls fail at a rate.</summary>
    FailCalls,

    /// <summary>Makes flushes slow.</summary>
    SlowFlush,

    /// <summary>Makes a sector of a full segment unreadable.</summary>
    BreakSector,

    /// <summary>Flips a bit of a full segment.</summary>
    FlipBit,

    /// <summary>Ends all faults.</summary>
    Heal,

    /// <summary>
    /// Requests a producer id, which fences the previous owner of the transactional id.
    /// </summary>
    Init,

    /// <summary>
    /// Appends a batch of a producer; in a transaction if the producer is transactional.
    /// </summary>
    Produce,

    /// <summary>Sends one of the producer's last batches again.</summary>
    Retry,

    /// <summary>Sends the offsets of a group in the transaction.</summary>
    SendOffsets,

    /// <summary>Commits the transaction.</summary>
    Commit,

    /// <summary>Aborts the transaction.</summary>
    Abort,

    /// <summary>Repeats the request that ended the last transaction.</summary>
    EndAgain,

    /// <summary>Sends a batch of a transaction that has ended.</summary>
    ProduceLate,

    /// <summary>Fetches committed records from the reader's position.</summary>
    ReadCommitted,

    /// <summary>Adds or removes the compact policy of the topic.</summary>
    AlterPolicy,

    /// <summary>
    /// Sends several batches of one producer in order, without waiting for each response.
    /// </summary>
    AppendMany,

    /// <summary>Creates a topic that does not exist.</summary>
    CreateTopic,

    /// <summary>Deletes a topic.</summary>
    DeleteTopic,

    /// <summary>Deletes a topic and creates one with the same name.</summary>
    RecreateTopic,

    /// <summary>Changes a setting of a topic.</summary>
    AlterTopic,

    /// <summary>Commits the position of a consumer.</summary>
    CommitOffset,

    /// <summary>Makes duties throw at their steps, at a rate.</summary>
    ThrowInDuties,

    /// <summary>Moves a consumer to its committed offset.</summary>
    Resume,
}
