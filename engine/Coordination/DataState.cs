namespace Zurau.Engine.Coordination;

/// <summary>
/// Whether the records of a transaction that was being committed survived a crash.
/// </summary>
internal enum DataState
{
    /// <summary>All records exist, or were deleted since.</summary>
    Held,

    /// <summary>Some records are lost: the commit was never acknowledged.</summary>
    Lost,

    /// <summary>Unknown, because a partition is offline.</summary>
    Unknown,
}
