namespace Zurau.Simulation;

/// <summary>The kinds of operations. A scenario handles those that its planner draws.</summary>
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

    /// <summary>The kernel writes some dirty pages.</summary>
    Writeback,

    /// <summary>The wall clock jumps.</summary>
    ClockStep,

    /// <summary>The disk is full except for some blocks.</summary>
    Quota,

    /// <summary>One flush fails with EIO.</summary>
    FailFlush,

    /// <summary>Calls fail at a rate.</summary>
    FailCalls,

    /// <summary>Flushes take time.</summary>
    SlowFlush,

    /// <summary>A sector of a closed segment cannot be read.</summary>
    BreakSector,

    /// <summary>A bit of a closed segment flips.</summary>
    FlipBit,

    /// <summary>All faults end.</summary>
    Heal,

    /// <summary>A producer initializes its producer id, which fences the previous owner of its transactional id.</summary>
    Init,

    /// <summary>A producer appends a batch; a transactional producer does so in a transaction.</summary>
    Produce,

    /// <summary>A producer sends one of its last batches again.</summary>
    Retry,

    /// <summary>A producer sends the offsets of a group with its transaction.</summary>
    SendOffsets,

    /// <summary>A producer commits its transaction.</summary>
    Commit,

    /// <summary>A producer aborts its transaction.</summary>
    Abort,

    /// <summary>The request that ended the last transaction arrives again.</summary>
    EndAgain,

    /// <summary>A batch of a transaction that has ended arrives late.</summary>
    ProduceLate,

    /// <summary>Fetches committed records from the reader's position.</summary>
    ReadCommitted,

    /// <summary>The topic becomes compacted, or stops being compacted.</summary>
    AlterPolicy,

    /// <summary>One producer sends several batches in order, without waiting for each response.</summary>
    AppendMany,

    /// <summary>Creates a topic that does not exist.</summary>
    CreateTopic,

    /// <summary>Deletes a topic.</summary>
    DeleteTopic,

    /// <summary>Deletes a topic and creates one of the same name.</summary>
    RecreateTopic,

    /// <summary>A setting of a topic changes.</summary>
    AlterTopic,

    /// <summary>A consumer commits the position after the records that it has read.</summary>
    CommitOffset,

    /// <summary>Duties throw at their steps, at a rate.</summary>
    ThrowInDuties,

    /// <summary>A consumer continues at its committed offset.</summary>
    Resume,
}
