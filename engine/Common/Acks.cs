namespace Zurau;

/// <summary>
/// Specifies when an append is acknowledged to its producer (Kafka's <c>acks</c>).
/// </summary>
public enum Acks
{
    /// <summary>
    /// After the batch is on disk (fdatasync, shared by all waiting appends): survives
    /// power loss.
    /// </summary>
    All = -1,

    /// <summary>Immediately; neither the offset (-1) nor errors are reported.</summary>
    None = 0,

    /// <summary>
    /// After the batch is readable, in the page cache: survives kill -9, not power loss.
    /// </summary>
    Leader = 1,
}
