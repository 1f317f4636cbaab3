using System.Text.Json.Serialization;

namespace Zurau.Simulation;

/// <summary>One operation of a plan. The meaning of a value depends on the kind.</summary>
internal sealed record CrashOp
{
    public CrashOpKind Kind { get; init; }

    public int Partition { get; init; }

    /// <summary>Append: acks -1, 0 or 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Acks { get; init; }

    /// <summary>
    /// Append, Produce: records. AppendMany: batches. Writeback: pages. Quota: free
    /// blocks. FailFlush: which flush fails. FailCalls: the classes of calls.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Count { get; init; }

    /// <summary>
    /// Append, Produce: bytes of a value. Read: the maximum number of bytes.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Bytes { get; init; }

    /// <summary>
    /// Sleep, ClockStep, SlowFlush, Append (timestamp minus current time): milliseconds.
    /// Read: the longest wait. Init: the transaction timeout.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Ms { get; init; }

    /// <summary>
    /// A choice among existing items, or a probability, 0 to 1. Produce, Commit, Abort:
    /// below 0.2, the response is lost and the request is sent again.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double Share { get; init; }

    /// <summary>FailCalls: the error number.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Errno { get; init; }
}
