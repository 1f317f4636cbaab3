using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>A decision that was carried out, and what its answers wait for.</summary>
/// <param name="Decision">The decision.</param>
internal sealed record GroupChange(GroupDecision Decision)
{
    /// <summary>
    /// Why the decision is not in effect: its record could not be appended, or the broker is
    /// closed.
    /// </summary>
    internal ErrorCode Error { get; init; }

    /// <summary>The join, if it was parked.</summary>
    internal ParkedRequest<JoinGroupResult>? Join { get; init; }

    /// <summary>The sync, if it was parked.</summary>
    internal ParkedRequest<SyncGroupResult>? Sync { get; init; }

    /// <summary>Answers the parked requests; run once, outside of locks.</summary>
    internal IReadOnlyList<Action<ErrorCode>> Releases { get; init; } = [];

    /// <summary>The log that must be durable before the answers; null if they do not depend on it.</summary>
    internal PartitionLog? Log { get; init; }

    /// <summary>The exclusive end offset up to which it must be durable.</summary>
    internal long DurableEnd { get; init; } = -1;
}
