namespace Zurau;

/// <summary>
/// Specifies which transactional records a reader receives (<c>isolation.level</c>).
/// </summary>
public enum IsolationLevel
{
    /// <summary>
    /// All published records, including those of open and aborted transactions.
    /// </summary>
    ReadUncommitted = 0,

    /// <summary>
    /// Records up to the last stable offset, with a list of aborted transactions that the
    /// reader must skip.
    /// </summary>
    ReadCommitted = 1,
}
