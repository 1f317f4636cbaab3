namespace Zurau.Testing.Simulation;

/// <summary>What an actor of the scenario 'log' does.</summary>
internal enum LogOpKind
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
}
