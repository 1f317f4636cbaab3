using CsCheck;
using Engine.Tests.Support;
using Zurau;

namespace Engine.Tests.Coordination;

/// <summary>
/// Members that join, leave, die, are slow and commit, and restarts of the broker, in any
/// order. <c>CsCheck_Iter</c> gives the number of schedules.
/// </summary>
public sealed class GroupModelTests
{
    private const int Members = 5;

    /// <summary>What may happen next.</summary>
    public enum Kind
    {
        /// <summary>A process starts.</summary>
        Start,

        /// <summary>A process dies.</summary>
        Crash,

        /// <summary>A process leaves.</summary>
        Leave,

        /// <summary>A member processes an answer or sends a heartbeat; members that do not are slow.</summary>
        Step,

        /// <summary>All members do.</summary>
        StepAll,

        /// <summary>A member commits an offset, as it may have sent it before it died.</summary>
        Commit,

        /// <summary>Time passes.</summary>
        Pass,

        /// <summary>The broker is closed and opened.</summary>
        Restart,

        /// <summary>The broker is killed and opened.</summary>
        Kill,
    }

    private static readonly Gen<(Kind Kind, int Member, int Value)> s_operation = Gen.Select(
        Gen.Frequency<Kind>(
            (4, Gen.Const(Kind.Start)), (2, Gen.Const(Kind.Crash)), (1, Gen.Const(Kind.Leave)), (8, Gen.Const(Kind.Step)), (12, Gen.Const(Kind.StepAll)),
            (12, Gen.Const(Kind.Commit)), (6, Gen.Const(Kind.Pass)), (1, Gen.Const(Kind.Restart)), (1, Gen.Const(Kind.Kill))),
        Gen.Int[0, Members - 1],
        Gen.Int[0, 99]);

    [Fact]
    public void No_two_current_members_own_a_partition_old_commits_are_refused_and_rebalances_end() => // G1, G2, G3, G7
        Property.HoldsForHistories(s_operation, longest: 80, static operations => new Schedule().Run(operations), count: 150);

    private sealed class Schedule
    {
        private readonly GroupRig _rig = new(static settings => settings with { LogSegmentBytes = 100_000 });
        private readonly ModelMember[] _members;
        private readonly long[] _committed = new long[ModelMember.Partitions];

        internal Schedule()
        {
            string[] values = [.. Enumerable.Range(0, (int)ModelMember.LastOffset).Select(static i => $"{i}")];
            for (int partition = 0; partition < ModelMember.Partitions; partition++)
            {
                Assert.Equal(ErrorCode.None, _rig.Life.Wait(_rig.Life.Broker.AppendAsync(new TopicPartition("orders", partition), Batches.Of(values), Acks.Leader)).Error);
            }

            _members = [.. Enumerable.Range(0, Members).Select(i => new ModelMember(_rig, i == 0 ? "static" : null))];
        }

        internal void Run(List<(Kind Kind, int Member, int Value)> operations)
        {
            foreach ((Kind kind, int member, int value) in operations)
            {
                Do(kind, _members[member], value);
                _rig.Life.Step();
                CheckOwners();
                CheckCommitted();
            }

            BecomesStable();
            _rig.Dispose();
        }

        private void Do(Kind kind, ModelMember member, int value)
        {
            switch (kind)
            {
                case Kind.Start:
                    member.Start();
                    break;
                case Kind.Crash:
                    member.Crash();
                    break;
                case Kind.Leave:
                    member.Leave();
                    break;
                case Kind.Step:
                    member.Step();
                    break;
                case Kind.StepAll:
                    StepAll();
                    break;
                case Kind.Commit:
                    Commit(member, value % ModelMember.Partitions);
                    break;
                case Kind.Pass:
                    _rig.Life.Advance(value * value * 10); // To 98 seconds: more than two sessions.
                    break;
                case Kind.Restart or Kind.Kill:
                    _rig.Life.Restart(isClean: kind == Kind.Restart);
                    Array.ForEach(_members, static one => one.Disconnect());
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(kind));
            }
        }

        private void StepAll()
        {
            foreach (ModelMember member in _members)
            {
                member.Step();
                _rig.Life.Step();
            }
        }

        private void Commit(ModelMember member, int partition)
        {
            bool isCurrent = member.IsCurrent(_rig.Groups.Describe(GroupRig.Group));
            ErrorCode? answer = member.Commit(partition);
            Assert.True(answer != ErrorCode.None || isCurrent, "A commit of a former generation is accepted.");
        }

        private void CheckOwners()
        {
            GroupDescription group = _rig.Groups.Describe(GroupRig.Group);
            int[] owned = [.. _members.Where(member => member.IsCurrent(group)).SelectMany(static member => member.Owned)];
            Assert.Equal(owned.Length, owned.Distinct().Count());
        }

        private void CheckCommitted()
        {
            for (int partition = 0; partition < _committed.Length; partition++)
            {
                long committed = _rig.Committed(partition) ?? 0;
                Assert.True(committed >= _committed[partition], $"The offset of partition {partition} moved from {_committed[partition]} to {committed}.");
                _committed[partition] = committed;
            }
        }

        // Without faults: each partition has one owner after all sessions and rebalances ended.
        private void BecomesStable()
        {
            _members[1].Start();
            for (int step = 0; step < 400; step++) // 20 minutes: a new member, whose process died, waits for five.
            {
                StepAll();
                _rig.Life.Advance(3 * GroupRig.Second);
                CheckOwners();
            }

            StepAll();
            GroupDescription group = _rig.Groups.Describe(GroupRig.Group);
            Assert.Equal(GroupState.Stable, group.State);
            Assert.All(_members.Where(static member => member.IsAlive), member => Assert.True(member.IsCurrent(group)));
            Assert.Equal(Enumerable.Range(0, ModelMember.Partitions), _members.Where(static member => member.IsAlive).SelectMany(static member => member.Owned).Order());
            for (int partition = 0; partition < ModelMember.Partitions; partition++)
            {
                Array.ForEach(_members, member => Commit(member, partition));
            }

            CheckCommitted();
        }
    }
}
