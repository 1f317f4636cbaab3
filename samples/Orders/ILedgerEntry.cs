namespace Orders;

/// <summary>A line of a ledger.</summary>
internal interface ILedgerEntry<TSelf>
    where TSelf : ILedgerEntry<TSelf>
{
    /// <summary>What must be done once, however often it is delivered.</summary>
    string Id { get; }

    /// <summary>The same line, marked as a repetition.</summary>
    TSelf AsAgain();
}
