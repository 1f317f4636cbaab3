using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Coordination;

/// <summary>
/// Power cuts and kills over transactions, each followed by startups on which the disk
/// fails, at any call, once or from there on: an answered commit is never undone, an
/// abort never becomes visible, and nothing is torn.
/// </summary>
public sealed class TransactionFaultTests
{
    private const int Clients = 3;
    private const DiskOperation Writes = DiskOperation.Write | DiskOperation.Allocate | DiskOperation.Create | DiskOperation.SetLength | DiskOperation.Rename
        | DiskOperation.Flush | DiskOperation.SyncDirectory | DiskOperation.Map | DiskOperation.Delete;

    private static readonly int[] s_errors = [5, 12, 24, 28, 122]; // EIO, ENOMEM, EMFILE, ENOSPC, EDQUOT.
    private static readonly TopicPartition[] s_partitions = [BrokerExtensions.Orders, BrokerExtensions.Orders with { Partition = 1 }];
    private static readonly DiskProfile[] s_profiles = [.. DiskProfile.All.Where(static profile => profile.LostFlushRate == 0)];
    private static readonly int s_runs = int.TryParse(Environment.GetEnvironmentVariable("ZURAU_POWER_CUTS"), out int given) ? given : 150;

    [Fact]
    public void Acknowledged_outcomes_hold_regardless_of_failed_writes_in_a_startup() => // W8, W9, T6, T13
        Property.HoldsForSeeds(s_runs, static seed => new Run(seed).Holds());

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, int.MaxValue)]
    public void Acknowledged_outcomes_hold_regardless_of_failed_calls_in_a_startup(int seed, int times) // W8, W9, T6, T13
    {
        int call = 1;
        while (new Run(seed).HoldsIfCallFails(call, times)) // Ends at the first call that the startup does not make.
        {
            call++;
        }

        Assert.InRange(call, 20, 1000);
    }

    private enum Outcome
    {
        Open, // Its commit was not requested.
        Asked,
        Committed,
    }

    private sealed class Sent
    {
        internal Outcome Outcome { get; set; }

        internal int Owner { get; init; }

        internal List<(TopicPartition Partition, string Value)> Records { get; } = [];
    }

    private sealed class Run(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<Sent> _all = [];
        private readonly TransactionalClient?[] _clients = new TransactionalClient?[Clients];
        private readonly Sent?[] _open = new Sent?[Clients];
        private BrokerLife _life = null!;
        private int _next;

        /// <summary>
        /// Runs one startup after a power cut whose call of a number, counted from 1, fails;
        /// false if it has not so many calls.
        /// </summary>
        internal bool HoldsIfCallFails(int call, int times)
        {
            using var disk = new SimDisk(new SimRandom((ulong)seed), DiskProfile.Nasty);
            BrokerLife life = _life = new BrokerLife(disk: disk);
            life.Broker.CreateTopic(new NewTopic("orders", s_partitions.Length));
            for (int step = 40; step > 0; step--)
            {
                Step();
            }

            AskForCommits(_ => true);
            int calls = 0;
            disk.Calling = made => calls += (made.Operation & Writes) == 0 ? 0 : 1;
            disk.Faults.Fail(Writes, s_errors[call % s_errors.Length], call, times);
            Crash(mayRefuse: true, mostSteps: 0);
            disk.Calling = null;
            disk.Faults.Heal();
            Crash(mayRefuse: false);
            Check();
            life.Dispose(); // Not after a failure, which it would hide.
            return calls >= call;
        }

        internal void Holds()
        {
            using var disk = new SimDisk(new SimRandom((ulong)seed), s_profiles[_random.Next(s_profiles.Length)]);
            var life = _life = new BrokerLife(disk: disk);
            life.Broker.CreateTopic(new NewTopic("orders", s_partitions.Length));
            for (int round = 0; round < 3; round++)
            {
                for (int step = _random.Next(30); step > 0; step--)
                {
                    Step();
                    disk.Writeback(_random.Next(4) == 0 ? 2 : 0);
                }

                AskForCommits(_ => _random.Next(3) == 0);
                for (int startup = _random.Next(3); startup >= 0; startup--)
                {
                    if (_random.Next(4) > 0)
                    {
                        DiskOperation operations = _random.Next(2) == 0 ? Writes : (DiskOperation)(1 << _random.Next(1, 10)) & Writes;
                        string? path = _random.Next(3) == 0 ? "orders-*/*" : null;
                        disk.Faults.Fail(operations, s_errors[_random.Next(s_errors.Length)], _random.Next(1, path is null ? 60 : 15), _random.Next(2) == 0 ? 1 : int.MaxValue, path);
                    }

                    Crash(mayRefuse: true);
                    disk.Faults.Heal();
                }

                Crash(mayRefuse: false);
                Check();
            }

            life.Dispose(); // Not after a failure, which it would hide.
        }

        // In progress at the power failure.
        private void AskForCommits(Func<int, bool> isAsked)
        {
            for (int i = 0; i < Clients; i++)
            {
                if (_open[i] is { } sent && _clients[i] is { } client && isAsked(i))
                {
                    sent.Outcome = Outcome.Asked;
                    _ = client.EndAsync(isCommit: true);
                }
            }
        }

        private void Crash(bool mayRefuse, int mostSteps = 15)
        {
            Array.Clear(_clients);
            Array.Clear(_open);
            try
            {
                if (_random.Next(4) == 0)
                {
                    _life.Restart(isClean: false);
                }
                else
                {
                    _life.CutPower();
                }
            }
            catch (StorageException) when (mayRefuse)
            {
                return; // It refuses to start, which undoes nothing.
            }

            // Clients go on at once, with the faults that are left.
            for (int step = _random.Next(mostSteps); step > 0; step--)
            {
                Step();
            }
        }

        private void Step()
        {
            int i = _random.Next(Clients);
            if (_clients[i] is null)
            {
                var client = new TransactionalClient(_life, $"producer-{i}");
                if (client.Init() == ErrorCode.None)
                {
                    _clients[i] = client;
                }

                return;
            }

            switch (_random.Next(6))
            {
                case < 3:
                    TopicPartition partition = s_partitions[_random.Next(s_partitions.Length)];
                    string value = $"{i}/{++_next}";
                    if (_open[i] is null)
                    {
                        _all.Add(_open[i] = new Sent { Owner = i });
                    }

                    if (_clients[i]!.Send(partition, value) == ErrorCode.None)
                    {
                        _open[i]!.Records.Add((partition, value));
                    }
                    else
                    {
                        Give(i); // Like a client after a failure: it initializes again, which aborts.
                    }

                    break;
                case 3:
                    _life.Time.Advance(_random.Next(6000));
                    _life.Step();
                    break;
                default:
                    if (_open[i] is { } sent)
                    {
                        bool isCommit = _random.Next(3) > 0;
                        sent.Outcome = isCommit ? Outcome.Asked : Outcome.Open;
                        if (_clients[i]!.End(isCommit) == ErrorCode.None)
                        {
                            sent.Outcome = isCommit ? Outcome.Committed : Outcome.Open;
                            _open[i] = null;
                        }
                        else
                        {
                            Give(i);
                        }
                    }

                    break;
            }
        }

        private void Give(int i)
        {
            _open[i] = null;
            _clients[i] = null;
        }

        private void Check()
        {
            _life.Settle();
            for (int i = 0; i < Clients; i++)
            {
                ErrorCode error = ErrorCode.ConcurrentTransactions;
                for (int attempt = 0; attempt < 20 && error == ErrorCode.ConcurrentTransactions; attempt++)
                {
                    error = new TransactionalClient(_life, $"producer-{i}").Init();
                    _life.Advance(1000);
                }

                Assert.Equal(ErrorCode.None, error);
                _open[i] = null;
                _clients[i] = null;
            }

            Dictionary<TopicPartition, List<string>> visible = s_partitions.ToDictionary(static partition => partition, _life.ReadCommitted);
            foreach (Sent sent in _all)
            {
                bool[] records = [.. sent.Records.Select(record => visible[record.Partition].Contains(record.Value))];
                if (sent.Outcome == Outcome.Asked && records.Length > 0)
                {
                    Assert.All(records, one => Assert.Equal(records[0], one));
                    sent.Outcome = records[0] ? Outcome.Committed : Outcome.Open;
                }

                Assert.All(records, one => Assert.Equal(sent.Outcome == Outcome.Committed, one));
            }

            foreach (TopicPartition partition in s_partitions)
            {
                Assert.Equal(
                    _life.Broker.ListOffset(partition, ListedOffset.Latest).Offset,
                    _life.Broker.ListOffset(partition, ListedOffset.Latest, IsolationLevel.ReadCommitted).Offset);
            }
        }
    }
}
