namespace Zurau;

/// <summary>What a reader sees of transactions (<c>isolation.level</c>).</summary>
public enum IsolationLevel
{
    /// <summary>Everything that is published, also what may still be aborted.</summary>
    ReadUncommitted = 0,

    /// <summary>Only up to the first transaction that is still open; with the list of aborted ones, which the reader leaves out.</summary>
    ReadCommitted = 1,
}
