using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Coordination;

/// <summary>
/// Power cuts and kills while transactions are open, being ended and just answered, on
/// every kind of disk: what was answered stays so, and nothing is torn.
/// </summary>
public sealed class TransactionPowerCutTests
{
    private const int Partitions = 3;
    private const int Clients = 3;
    private static readonly TopicPartition[] s_partitions = [.. Enumerable.Range(0, Partitions).Select(static i => BrokerExtensions.Orders with { Partition = i })];
    private static readonly int s_seeds = int.TryParse(Environment.GetEnvironmentVariable("ZURAU_POWER_CUTS"), out int given) ? given : 60;

    public static TheoryData<string> Honest => [.. DiskProfile.All.Where(static profile => profile.LostFlushRate == 0).Select(static profile => profile.Name)];

    [Theory]
    [MemberData(nameof(Honest))]
    public void Committed_transactions_survive_and_unacknowledged_ones_exist_completely_or_not_at_all(string profile) => // W8, W9, T6, T13, K15
        Property.HoldsForSeeds(s_seeds, seed => new Run(seed, DiskProfile.All.Single(candidate => candidate.Name == profile)).Holds());

    [Fact]
    public void A_disk_that_lies_is_caught()
    {
        int caught = Enumerable.Range(0, 40).Count(static seed => Record.Exception(() => new Run(seed, DiskProfile.Lying).Holds()) is not null);
        Assert.True(caught > 0);
    }

    private enum Outcome
    {
        Open, // It will never be committed.
        Asked,
        Committed,
        Aborted,
    }

    private sealed class Sent
    {
        internal Outcome Outcome { get; set; }

        /// <summary>
        /// Its records were flushed before they were answered, so its producer may outlive the
        /// power cut.
        /// </summary>
        internal bool IsDurable { get; set; } = true;

        internal int Owner { get; init; }

        internal List<(TopicPartition Partition, int Number, string Value)> Records { get; } = [];

        internal Dictionary<TopicPartition, long> Offsets { get; } = [];
    }

    private sealed class Run(int seed, DiskProfile profile)
    {
        private readonly Random _random = new(seed);
        private readonly List<Sent> _all = [];
        private readonly Sent?[] _open = new Sent?[Clients];
        private readonly TransactionalClient[] _clients = new TransactionalClient[Clients];
        private BrokerLife _life = null!;
        private int _next;

        internal void Holds()
        {
            using var disk = new SimDisk(new SimRandom((ulong)seed), profile);
            var life = new BrokerLife(disk: disk);
            _life = life;
            life.Broker.CreateTopic(new NewTopic("orders", Partitions));
            life.Broker.CreateTopic(new NewTopic("input", Partitions));
            for (int i = 0; i < Partitions; i++)
            {
                for (int batch = 0; batch < 4; batch++)
                {
                    Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(new TopicPartition("input", i), Batches.Of([.. Enumerable.Range(0, 100).Select(static value => $"{value}")]), Acks.All)).Error);
                }
            }

            for (int round = 0; round < 4; round++)
            {
                Begin();
                for (int step = _random.Next(25); step > 0; step--)
                {
                    Step();
                    disk.Writeback(_random.Next(4) == 0 ? 3 : 0);
                }

                for (int i = 0; i < Clients; i++)
                {
                    if (_open[i] is { } open && _random.Next(2) == 0)
                    {
                        bool isCommit = _random.Next(4) > 0;
                        open.Outcome = isCommit ? Outcome.Asked : Outcome.Aborted;
                        _ = _clients[i].EndAsync(isCommit);
                    }
                }

                for (int step = _random.Next(5); step > 0; step--)
                {
                    life.Step();
                    disk.Writeback(_random.Next(3));
                }

                Crash();
                Check();
            }

            life.Dispose(); // Not after a failure, which it would hide.
        }

        private void Begin()
        {
            for (int i = 0; i < Clients; i++)
            {
                _clients[i] = new TransactionalClient(_life, $"producer-{i}") { Acks = _random.Next(2) == 0 ? Acks.All : Acks.Leader };
                Assert.Equal(ErrorCode.None, _clients[i].Init());
                _open[i] = null;
            }
        }

        private void Step()
        {
            int i = _random.Next(Clients);
            TopicPartition partition = s_partitions[_random.Next(Partitions)];
            switch (_random.Next(8))
            {
                case < 4:
                    string value = $"{i}/{++_next}";
                    Sent sent = Open(i);
                    Assert.Equal(ErrorCode.None, _clients[i].Send(partition, value));
                    sent.Records.Add((partition, _next, value));
                    break;
                case 4:
                    TopicPartition input = partition with { Topic = "input" };
                    Open(i).Offsets[input] = ++_next;
                    Assert.Equal(ErrorCode.None, _clients[i].SendOffset($"group-{i}", input, _next));
                    break;
                case 5 when _random.Next(4) == 0:
                    _life.Advance(10_000); // What is due now and then: flushes of ends among it.
                    break;
                default:
                    if (_open[i] is { } open)
                    {
                        bool isCommit = _random.Next(3) > 0;
                        Assert.Equal(ErrorCode.None, _clients[i].End(isCommit));
                        open.Outcome = isCommit ? Outcome.Committed : Outcome.Aborted;
                        _open[i] = null;
                    }

                    break;
            }
        }

        private Sent Open(int i)
        {
            if (_open[i] is not { } open)
            {
                _open[i] = open = new Sent { Owner = i, IsDurable = _clients[i].Acks == Acks.All };
                _all.Add(open);
            }

            return open;
        }

        private void Crash()
        {
            switch (_random.Next(6))
            {
                case 0:
                    _life.Restart(isClean: true);
                    break;
                case 1:
                    _life.Restart(isClean: false);
                    break;
                default:
                    _life.CutPower();
                    break;
            }

            if (_random.Next(3) == 0)
            {
                _life.CutPower(); // Before anything that the start decided is flushed.
            }

            _life.Settle();
            for (int i = 0; i < Clients; i++)
            {
                // Its producer continues, as a remote producer would.
                if (_open[i] is { Outcome: Outcome.Open, IsDurable: true } open && _random.Next(2) == 0)
                {
                    open.Outcome = _clients[i].End(isCommit: true) == ErrorCode.None ? Outcome.Committed : Outcome.Asked;
                }

                Assert.Equal(ErrorCode.None, new TransactionalClient(_life, $"producer-{i}").Init());
            }

            _life.Settle();
        }

        private void Check()
        {
            Dictionary<TopicPartition, List<string>> visible = s_partitions.ToDictionary(static partition => partition, _life.ReadCommitted);
            foreach (Sent sent in _all)
            {
                bool[] records = [.. sent.Records.Select(record => visible[record.Partition].Contains(record.Value))];
                if (sent.Outcome == Outcome.Asked)
                {
                    bool[] all = [.. records, .. sent.Offsets.Select(offset => Committed(sent.Owner, offset.Key) == offset.Value)];
                    Assert.All(all, one => Assert.Equal(all[0], one));
                    sent.Outcome = all[0] ? Outcome.Committed : Outcome.Aborted;
                }

                Assert.All(records, one => Assert.Equal(sent.Outcome == Outcome.Committed, one));
            }

            Sent[] committed = [.. _all.Where(static sent => sent.Outcome == Outcome.Committed)];
            for (int i = 0; i < Partitions; i++)
            {
                TopicPartition partition = s_partitions[i];
                TopicPartition input = partition with { Topic = "input" };
                Assert.Equal(
                    committed.SelectMany(static sent => sent.Records).Where(record => record.Partition == partition).OrderBy(static record => record.Number).Select(static record => record.Value),
                    visible[partition]);
                Assert.Equal(
                    _life.Broker.ListOffset(partition, ListedOffset.Latest).Offset,
                    _life.Broker.ListOffset(partition, ListedOffset.Latest, IsolationLevel.ReadCommitted).Offset);
                for (int client = 0; client < Clients; client++)
                {
                    long last = committed.Where(sent => sent.Owner == client).Select(sent => sent.Offsets.GetValueOrDefault(input, -1)).Append(-1).Max();
                    Assert.Equal(last, Committed(client, input));
                }
            }
        }

        private long Committed(int client, TopicPartition input) => _life.Broker.Groups.FetchOffsets($"group-{client}", [input], requireStable: true)[0].Committed?.Offset ?? -1;
    }
}
