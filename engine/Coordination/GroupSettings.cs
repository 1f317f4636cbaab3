namespace Zurau.Engine.Coordination;

/// <summary>The broker settings for members of groups.</summary>
/// <param name="MinSessionTimeoutMs">Smallest session timeout of a member.</param>
/// <param name="MaxSessionTimeoutMs">Largest session timeout of a member.</param>
/// <param name="InitialRebalanceDelayMs">How long a group that was empty waits for
/// further members.</param>
/// <param name="MaxSize">Most members of a group.</param>
internal sealed record GroupSettings(int MinSessionTimeoutMs, int MaxSessionTimeoutMs, int InitialRebalanceDelayMs, int MaxSize)
{
    /// <summary>
    /// How long a new member may wait for its first generation. Its client may have
    /// disconnected and joined again under another id; without a limit such members would
    /// accumulate during a long rebalance. Kafka's value, which has no setting.
    /// </summary>
    internal const int NewMemberJoinTimeoutMs = 5 * 60 * 1000;
}
