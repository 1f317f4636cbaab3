namespace Zurau.Engine.Coordination;

/// <summary>Whether the records of a transaction that was being committed have survived a crash.</summary>
internal enum DataState
{
    /// <summary>All are there, or were deleted since.</summary>
    Held,

    /// <summary>Some are lost: nobody was told that the transaction was committed.</summary>
    Lost,

    /// <summary>A partition is offline, so that nobody can tell.</summary>
    Unknown,
}
