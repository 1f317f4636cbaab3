using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>
/// The parked requests of a group: at most one join and one sync per member. The write
/// lock of the group's partition guards it.
/// </summary>
internal sealed class ParkedRequests
{
    private readonly Dictionary<string, ParkedRequest<JoinGroupResult>> _joins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ParkedRequest<SyncGroupResult>> _syncs = new(StringComparer.Ordinal);

    internal bool IsEmpty => _joins.Count == 0 && _syncs.Count == 0;

    /// <summary>
    /// Parks a join. A former one of the same member, of a connection that was lost, is
    /// refused.
    /// </summary>
    internal ParkedRequest<JoinGroupResult> ParkJoin(string memberId, LogHooks? hooks, List<Action<ErrorCode>> releases)
    {
        Release(_joins, memberId, RefuseJoin(ErrorCode.RebalanceInProgress), RefuseJoin, releases);
        return _joins[memberId] = new ParkedRequest<JoinGroupResult>(hooks);
    }

    /// <inheritdoc cref="ParkJoin"/>
    internal ParkedRequest<SyncGroupResult> ParkSync(string memberId, LogHooks? hooks, List<Action<ErrorCode>> releases)
    {
        Release(_syncs, memberId, SyncGroupResult.Refused(ErrorCode.RebalanceInProgress), SyncGroupResult.Refused, releases);
        return _syncs[memberId] = new ParkedRequest<SyncGroupResult>(hooks);
    }

    /// <summary>
    /// Removes the request that is answered; the caller runs its release outside of locks,
    /// with an error if the decision is not in effect.
    /// </summary>
    internal void Release(GroupAnswer answer, List<Action<ErrorCode>> releases)
    {
        if (answer.Join is { } join)
        {
            Release(_joins, answer.MemberId, join, RefuseJoin, releases);
        }
        else if (answer.Sync is { } sync)
        {
            Release(_syncs, answer.MemberId, sync, SyncGroupResult.Refused, releases);
        }
    }

    /// <summary>Refuses all requests.</summary>
    internal void ReleaseAll(ErrorCode error, List<Action<ErrorCode>> releases)
    {
        foreach (string memberId in _joins.Keys.ToArray())
        {
            Release(_joins, memberId, RefuseJoin(error), RefuseJoin, releases);
        }

        foreach (string memberId in _syncs.Keys.ToArray())
        {
            Release(_syncs, memberId, SyncGroupResult.Refused(error), SyncGroupResult.Refused, releases);
        }
    }

    internal static JoinGroupResult RefuseJoin(ErrorCode error) => new(error, "", -1, $"The rebalance did not complete: {error}. Join again.");

    private static void Release<T>(
        Dictionary<string, ParkedRequest<T>> parked, string memberId, T answer, Func<ErrorCode, T> refuse, List<Action<ErrorCode>> releases)
        where T : class
    {
        if (parked.Remove(memberId, out ParkedRequest<T>? request))
        {
            releases.Add(error => request.Answer(error == ErrorCode.None ? answer : refuse(error)));
        }
    }
}
