using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;

namespace Engine.Tests.Coordination;

/// <summary>
/// A consumer as Kafka's clients are, with the eager protocol: before it joins it gives up
/// its partitions. It may be slow or die; then it acts on what it last knew.
/// </summary>
internal sealed class ModelMember(GroupRig rig, string? instanceId)
{
    internal const int Partitions = 6;
    internal const long LastOffset = 100;

    private readonly Dictionary<int, long> _positions = []; // The next offset of each partition that it believes to own.
    private string _memberId = "";
    private int _generation = -1;
    private Task<JoinGroupResult>? _join;
    private Task<SyncGroupResult>? _sync;

    internal bool IsAlive { get; private set; }

    internal IEnumerable<int> Owned => _positions.Keys;

    /// <summary>Returns whether the broker regards it as a member of the current generation.</summary>
    internal bool IsCurrent(GroupDescription group) => _generation == group.GenerationId && group.Members.Any(member => member.MemberId == _memberId);

    /// <summary>Starts the process, if it does not run.</summary>
    internal void Start()
    {
        if (!IsAlive)
        {
            IsAlive = true;
            Forget();
            Join();
        }
    }

    /// <summary>Ends the process without leaving the group. What it was doing continues without it.</summary>
    internal void Crash() => IsAlive = false;

    /// <summary>Ends the process; a dynamic member leaves the group.</summary>
    internal void Leave()
    {
        if (IsAlive && instanceId is null && _memberId.Length > 0)
        {
            _ = rig.Groups.Leave(GroupRig.Group, _memberId);
        }

        IsAlive = false;
        _positions.Clear();
    }

    /// <summary>The broker has ended: requests in progress are never answered.</summary>
    internal void Disconnect()
    {
        if (_join is not null || _sync is not null)
        {
            (_join, _sync) = (null, null);
            if (IsAlive)
            {
                Join();
            }
        }
    }

    /// <summary>Processes an answer, or sends a heartbeat.</summary>
    internal void Step()
    {
        if (!IsAlive)
        {
            return;
        }

        if (_join is { } join)
        {
            if (join.IsCompleted)
            {
                _join = null;
                Joined(join.GetAwaiter().GetResult());
            }
        }
        else if (_sync is { } sync)
        {
            if (sync.IsCompleted)
            {
                _sync = null;
                Synced(sync.GetAwaiter().GetResult());
            }
        }
        else
        {
            React(rig.Groups.Heartbeat(GroupRig.Group, _memberId, _generation, instanceId));
        }
    }

    /// <summary>
    /// Processes one record of a partition and commits its offset, also if the process is
    /// dead or slow: such requests may arrive late.
    /// </summary>
    internal ErrorCode? Commit(int partition)
    {
        if (!_positions.TryGetValue(partition, out long position))
        {
            return null;
        }

        position = Math.Min(position + 1, LastOffset);
        ErrorCode error = rig.Commit(_memberId, _generation, position, partition, instanceId);
        if (error == ErrorCode.None)
        {
            _positions[partition] = position;
        }

        return error;
    }

    private void Join()
    {
        _positions.Clear();
        _join = rig.Begin(GroupRig.Request(_memberId, instanceId));
    }

    private void Forget()
    {
        _memberId = "";
        _generation = -1;
        (_join, _sync) = (null, null);
        _positions.Clear();
    }

    private void Joined(JoinGroupResult result)
    {
        switch (result.Error)
        {
            case ErrorCode.None:
                _memberId = result.MemberId;
                _generation = result.GenerationId;
                _sync = rig.BeginSync(_memberId, _generation, instanceId, result.SkipAssignment ? [] : Assign(result.Members));
                break;
            case ErrorCode.MemberIdRequired:
                _memberId = result.MemberId;
                Join();
                break;
            default:
                React(result.Error);
                break;
        }
    }

    private void Synced(SyncGroupResult result)
    {
        if (result.Error != ErrorCode.None)
        {
            React(result.Error);
            return;
        }

        foreach (byte partition in result.Assignment.Span)
        {
            _positions[partition] = rig.Committed(partition) ?? 0;
        }
    }

    private void React(ErrorCode error)
    {
        switch (error)
        {
            case ErrorCode.None:
                break;
            case ErrorCode.FencedInstanceId:
                IsAlive = false; // Another process has its place; this one ends.
                _positions.Clear();
                break;
            case ErrorCode.UnknownMemberId:
                Forget();
                Join();
                break;
            case ErrorCode.RebalanceInProgress or ErrorCode.IllegalGeneration or ErrorCode.CoordinatorNotAvailable or ErrorCode.BrokerNotAvailable:
                Join();
                break;
            default:
                Assert.Fail($"A member is answered {error}.");
                break;
        }
    }

    // Partition p is of member p modulo their number.
    private static MemberAssignment[] Assign(IReadOnlyList<JoinedMember> members) =>
    [
        .. members.Select((member, i) => new MemberAssignment(
            member.MemberId, Enumerable.Range(0, Partitions).Where(partition => partition % members.Count == i).Select(static partition => (byte)partition).ToArray())),
    ];
}
