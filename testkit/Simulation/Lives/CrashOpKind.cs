namespace Zurau.Testing.Simulation;

/// <summary>What an actor does. Each scenario takes those that it knows.</summary>
internal enum CrashOpKind
{
    /// <summary>Appends one batch and waits for its acknowledgement.</summary>
    Append,

    /// <summary>Fetches once from where it stands.</summary>
    Read,

    /// <summary>Fetches from a random offset.</summary>
    Seek,

    /// <summary>Finds an offset by time.</summary>
    Lookup,

    /// <summary>Moves the log start.</summary>
    DeleteRecords,

    /// <summary>Lets time pass.</summary>
    Sleep,

    /// <summary>The kernel writes some dirty pages.</summary>
    Writeback,

    /// <summary>The wall clock jumps.</summary>
    ClockStep,

    /// <summary>The disk is full but for some blocks.</summary>
    Quota,

    /// <summary>A flush answers EIO, once.</summary>
    FailFlush,

    /// <summary>Calls answer an error at a rate.</summary>
    FailCalls,

    /// <summary>Flushes take time.</summary>
    SlowFlush,

    /// <summary>A sector of a closed segment cannot be read.</summary>
    BreakSector,

    /// <summary>A bit of a closed segment turns over.</summary>
    FlipBit,

    /// <summary>Faults end.</summary>
    Heal,

    /// <summary>A producer asks for an identity, which fences who had it before.</summary>
    Init,

    /// <summary>A producer appends a batch, in a transaction where it is transactional.</summary>
    Produce,

    /// <summary>A producer sends one of its last batches once more.</summary>
    Retry,

    /// <summary>A producer sends a group's offsets with its transaction.</summary>
    SendOffsets,

    /// <summary>A producer commits its transaction.</summary>
    Commit,

    /// <summary>A producer aborts its transaction.</summary>
    Abort,

    /// <summary>The request that ended the last transaction comes once more.</summary>
    EndAgain,

    /// <summary>A batch of a transaction that has ended comes late.</summary>
    ProduceLate,

    /// <summary>Fetches committed records from where the reader stands.</summary>
    ReadCommitted,

    /// <summary>The topic is compacted, or not any more.</summary>
    AlterPolicy,

    /// <summary>Several batches of one producer under way at once, in order.</summary>
    AppendMany,

    /// <summary>Creates a topic that does not exist.</summary>
    CreateTopic,

    /// <summary>Deletes a topic.</summary>
    DeleteTopic,

    /// <summary>Deletes a topic and creates one of the same name.</summary>
    RecreateTopic,

    /// <summary>Changes a setting of a topic.</summary>
    AlterTopic,

    /// <summary>A consumer commits the position after the records that it has read.</summary>
    CommitOffset,

    /// <summary>Duties throw at their steps, at a rate.</summary>
    ThrowInDuties,

    /// <summary>A consumer goes on from its committed offset.</summary>
    Resume,
}
