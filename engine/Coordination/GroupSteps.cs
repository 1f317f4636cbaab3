using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Carries out decisions about members: under the write lock of the group's partition a
/// request is decided, its record is appended and replayed, and the request is parked or
/// others are answered; the answers are sent outside of the lock, if necessary when the
/// record is durable. Thread-safe.
/// </summary>
internal sealed class GroupSteps(OffsetStore store, GroupLog groupLog, FlushDuties flushes, GroupTimers timers, HealthLog health, LogHooks? hooks)
{
    internal const string Component = "groups";

    private volatile bool _isClosed;

    /// <summary>The kind of a request that a decision may park.</summary>
    internal enum Parking
    {
        /// <summary>It is always answered.</summary>
        Never,

        /// <summary>A join.</summary>
        Join,

        /// <summary>A sync.</summary>
        Sync,
    }

    /// <summary>
    /// Decides and carries out a request. Must be followed by <see cref="CompleteAsync"/>, or
    /// by <see cref="Release"/> if the decision requires no durable record.
    /// </summary>
    /// <param name="groupId">The group.</param>
    /// <param name="parking">The kind of the request.</param>
    /// <param name="decide">Decides on the members; null if there are none. Without side
    /// effects.</param>
    /// <param name="extendsOnly">True if the decision only moves deadlines to later times.</param>
    internal GroupChange Change(string groupId, Parking parking, Func<GroupMetadata?, GroupDecision> decide, bool extendsOnly = false)
    {
        using (groupLog.EnterWrites(store.PartitionOf(groupId)))
        {
            Group? group = store.Find(groupId);
            GroupDecision decision = _isClosed ? new GroupDecision(ErrorCode.BrokerNotAvailable, null) : decide(group?.Metadata);
            if (_isClosed || decision.Next is not { } next)
            {
                return new GroupChange(decision) { Error = _isClosed ? ErrorCode.BrokerNotAvailable : ErrorCode.None };
            }

            PartitionLog? log = decision.Write == GroupWrite.None ? null : groupLog.LogOf(groupId);
            if (decision.Write != GroupWrite.None)
            {
                ErrorCode written = Write(log, groupId, decision, next);
                if (written != ErrorCode.None && decision.Write == GroupWrite.Required)
                {
                    return new GroupChange(decision) { Error = written };
                }
            }

            group ??= store.GetOrAdd(groupId);
            group.Metadata = next;
            return Apply(group, decision, next, parking, extendsOnly);
        }
    }

    /// <summary>
    /// Sends the answers, when the record that they depend on is durable; returns why they
    /// were refused.
    /// </summary>
    internal async ValueTask<ErrorCode> CompleteAsync(GroupChange change)
    {
        ErrorCode error = change.Error;
        if (error == ErrorCode.None && change.Log is { } log)
        {
            error = ForMembers(await flushes.WhenDurable(log.Flusher, change.DurableEnd).ConfigureAwait(false));
        }

        Release(change, error);
        return error;
    }

    /// <summary>Sends the answers of a decision that requires no durable record.</summary>
    internal static void Release(GroupChange change, ErrorCode error = ErrorCode.None)
    {
        foreach (Action<ErrorCode> release in change.Releases)
        {
            release(error);
        }
    }

    /// <summary>Refuses all parked requests, and each later request.</summary>
    internal void Close()
    {
        _isClosed = true;
        var releases = new List<Action<ErrorCode>>();
        foreach ((_, Group group) in store.All)
        {
            using (groupLog.EnterWrites(group.Partition))
            {
                group.Parked?.ReleaseAll(ErrorCode.BrokerNotAvailable, releases);
            }
        }

        releases.ForEach(static release => release(ErrorCode.None));
    }

    /// <summary>Returns what members receive if a record of their group cannot be written.</summary>
    internal static ErrorCode ForMembers(ErrorCode written) => written switch
    {
        ErrorCode.None => ErrorCode.None,
        ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge => ErrorCode.UnknownServerError, // A retry does not help.
        _ => ErrorCode.CoordinatorNotAvailable,
    };

    private ErrorCode Write(PartitionLog? log, string groupId, GroupDecision decision, GroupMetadata next)
    {
        long endOffset = -1;
        ErrorCode error = log is null ? ErrorCode.CoordinatorNotAvailable : groupLog.Append(log, groupId, next, ref endOffset);
        if (error != ErrorCode.None)
        {
            health.Report(Component, $"The members of group '{groupId}' could not be written to its log: {error}. A restart restores the former members.", log?.Partition);
            return ForMembers(error);
        }

        health.Clear(Component, log!.Partition);
        if (decision.Write == GroupWrite.Required)
        {
            store.GetOrAdd(groupId).RecordEnd = endOffset;
        }

        return ErrorCode.None;
    }

    private GroupChange Apply(Group group, GroupDecision decision, GroupMetadata next, Parking parking, bool extendsOnly)
    {
        var releases = new List<Action<ErrorCode>>(decision.Answers.Count);
        ParkedRequest<JoinGroupResult>? join = null;
        ParkedRequest<SyncGroupResult>? sync = null;
        if (decision.ParkedId is { } memberId)
        {
            group.Parked ??= new ParkedRequests();
            join = parking == Parking.Join ? group.Parked.ParkJoin(memberId, hooks, releases) : null;
            sync = parking == Parking.Sync ? group.Parked.ParkSync(memberId, hooks, releases) : null;
        }

        foreach (GroupAnswer answer in decision.Answers)
        {
            group.Parked?.Release(answer, releases);
        }

        if (_isClosed)
        {
            group.Parked?.ReleaseAll(ErrorCode.BrokerNotAvailable, releases); // The close may have missed a new group.
        }

        if (!extendsOnly && next.NextDeadlineMs is { } dueMs)
        {
            timers.Schedule(group, dueMs);
        }

        if (next.IsBlank)
        {
            store.ForgetIfBlank(group);
        }

        // An assignment is sent only when it is durable, also to a member that requests it later.
        bool isDurable = group.RecordEnd >= 0 && (decision.Write == GroupWrite.Required || decision.Sync is { Error: ErrorCode.None });
        return new GroupChange(decision)
        {
            Join = join,
            Sync = sync,
            Releases = releases,
            Log = isDurable ? groupLog.LogOf(group.GroupId) : null,
            DurableEnd = group.RecordEnd,
        };
    }
}
