namespace Zurau;

/// <summary>The states of a group.</summary>
public enum GroupState
{
    /// <summary>Has no members; its committed offsets expire.</summary>
    Empty,

    /// <summary>Waits until its members have joined the next generation.</summary>
    PreparingRebalance,

    /// <summary>The generation is complete; its leader computes the assignment.</summary>
    CompletingRebalance,

    /// <summary>Each member has its assignment.</summary>
    Stable,

    /// <summary>Does not exist.</summary>
    Dead,
}
