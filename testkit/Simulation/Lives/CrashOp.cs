using System.Text.Json.Serialization;

namespace Zurau.Testing.Simulation;

/// <summary>One operation of a plan. What a value means depends on the kind.</summary>
internal sealed record CrashOp
{
    public CrashOpKind Kind { get; init; }

    public int Partition { get; init; }

    /// <summary>Append: -1, 0 or 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Acks { get; init; }

    /// <summary>Append, Produce: records. AppendMany: batches. Writeback: pages. Quota: free blocks. FailFlush: which flush. FailCalls: classes of calls.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Count { get; init; }

    /// <summary>Append, Produce: bytes of a value. Read: most bytes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Bytes { get; init; }

    /// <summary>Sleep, ClockStep, SlowFlush, Append (how far its timestamps are from now): milliseconds. Read: the longest wait. Init: the timeout of transactions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Ms { get; init; }

    /// <summary>Where among what there is, or how often: 0 to 1. Produce, Commit, Abort: below 0.2 the answer is lost and the request sent again.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double Share { get; init; }

    /// <summary>FailCalls: the error number.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Errno { get; init; }
}
