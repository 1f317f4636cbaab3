using Engine.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Engine.Tests.Coordination;

/// <summary>
/// Many transactional producers, plain records in between, closes, kills at any step, and new producers with old names: readers of
/// committed records see whole transactions only.
/// </summary>
public sealed class TransactionModelTests
{
    private const int Partitions = 3;
    private static readonly TopicPartition[] s_partitions = [.. Enumerable.Range(0, Partitions).Select(static i => BrokerExtensions.Orders with { Partition = i })];

    [Fact]
    public void Readers_of_committed_records_see_all_of_a_transaction_or_nothing() => // T1, T3, T6, T7, T9, T13, T14, T18, K15
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed => Holds(seed, null)).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void A_coordinator_that_ignores_epochs_is_caught() => // The mutant: EndTxn matched without epoch.
        Assert.ThrowsAny<Exception>(static () => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed => Holds(seed, new IgnoredEpochs()))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60)));

    private static bool Holds(int seed, InlineHooks? hooks)
    {
        var random = new Random(seed);
        using var life = new BrokerLife(hooks);
        life.Broker.CreateTopic(new NewTopic("orders", Partitions));
        life.Broker.CreateTopic(new NewTopic("input", Partitions));
        for (int i = 0; i < Partitions; i++)
        {
            // Offsets that are committed must be there: a start behind a crash takes back those beyond the end.
            life.Wait(life.Broker.AppendAsync(new TopicPartition("input", i), Batches.Of([.. Enumerable.Range(0, 100).Select(static value => $"{value}")]), Acks.Leader));
        }

        var model = new Model();
        var clients = new TransactionalClient[3];
        for (int step = 0; step < 80; step++)
        {
            int i = random.Next(clients.Length);
            TopicPartition partition = s_partitions[random.Next(Partitions)];
            if (clients[i] is null || random.Next(25) == 0)
            {
                // Whoever had the name before is fenced, and may still try.
                TransactionalClient? zombie = clients[i];
                clients[i] = new TransactionalClient(life, $"producer-{i}");
                Assert.Equal(ErrorCode.None, clients[i].Init());
                model.Drop(i);
                if (zombie is not null && random.Next(2) == 0)
                {
                    Assert.NotEqual(ErrorCode.None, zombie.End(isCommit: true));
                    Assert.NotEqual(ErrorCode.None, zombie.Send(partition, "of a zombie"));
                }
            }

            TransactionalClient client = clients[i];
            switch (random.Next(12))
            {
                case < 5:
                    string value = $"{i}/{step}";
                    Assert.Equal(ErrorCode.None, client.Send(partition, value));
                    model.Send(i, partition, value);
                    break;
                case 5:
                    TopicPartition input = partition with { Topic = "input" };
                    Assert.Equal(ErrorCode.None, client.SendOffset($"group-{i}", input, step));
                    model.SendOffset(i, input, step);
                    break;
                case 6 or 7:
                    bool isCommit = random.Next(2) == 0;
                    if (model.IsOpen(i))
                    {
                        (long id, short epoch) = (client.ProducerId, client.Epoch);
                        Assert.Equal(ErrorCode.None, client.End(isCommit));
                        model.End(i, isCommit);
                        if (random.Next(3) == 0)
                        {
                            Stale(life, client, id, epoch, isCommit, model, i, partition, step);
                        }
                    }

                    break;
                case 8:
                    string plain = $"plain/{step}";
                    byte[] batch = TransactionalClient.Batch(-1, -1, -1, plain, Zurau.Engine.Records.BatchAttributes.None);
                    Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(partition, batch, Acks.Leader)).Error);
                    model.Plain(partition, plain);
                    break;
                case 9 when random.Next(3) == 0:
                    KillWhileEnding(life, random, clients, model);
                    break;
                case 10 when random.Next(3) == 0:
                    life.Restart(isClean: random.Next(2) == 0);
                    life.Settle();
                    break;
                default:
                    model.CheckRead(life, partition, isSettled: false);
                    break;
            }
        }

        for (int i = 0; i < clients.Length; i++)
        {
            if (clients[i] is not null)
            {
                Assert.Equal(ErrorCode.None, clients[i].Init()); // Aborts what is open.
                model.Drop(i);
            }
        }

        life.Restart(isClean: random.Next(2) == 0);
        life.Settle();
        Array.ForEach(s_partitions, partition => model.CheckRead(life, partition, isSettled: true));
        model.CheckOffsets(life);
        return true;
    }

    // The request to end the transaction comes once more, when the next one has begun.
    private static void Stale(BrokerLife life, TransactionalClient client, long id, short epoch, bool isCommit, Model model, int i, TopicPartition partition, int step)
    {
        string value = $"{i}/{step}/next";
        Assert.Equal(ErrorCode.None, client.Send(partition, value));
        model.Send(i, partition, value);
        _ = life.Wait(client.Requests.EndAsync(client.TransactionalId, id, epoch, isCommit, TransactionVersion.V2));
        _ = life.Wait(client.Requests.EndAsync(client.TransactionalId, id, epoch, !isCommit, TransactionVersion.V2));
    }

    private static void KillWhileEnding(BrokerLife life, Random random, TransactionalClient[] clients, Model model)
    {
        for (int i = 0; i < clients.Length; i++)
        {
            if (clients[i] is not null && model.IsOpen(i) && random.Next(2) == 0)
            {
                bool isCommit = random.Next(3) > 0;
                _ = clients[i].EndAsync(isCommit);
                model.EndUnknown(i, isCommit);
            }
        }

        for (int step = random.Next(6); step > 0; step--)
        {
            life.Step();
        }

        life.Restart(isClean: false);
        life.Settle();
        for (int i = 0; i < clients.Length; i++)
        {
            if (clients[i] is not null)
            {
                clients[i] = new TransactionalClient(life, $"producer-{i}");
                Assert.Equal(ErrorCode.None, clients[i].Init()); // Also those that stand in the way of what is read below.
            }
        }

        for (int i = 0; i < clients.Length; i++)
        {
            if (model.IsUnknown(i))
            {
                model.Settle(life, i);
            }
            else
            {
                model.Drop(i);
            }
        }
    }

    private sealed class IgnoredEpochs : InlineHooks
    {
        internal override bool IgnoresEpochInEndTransaction => true;
    }

    /// <summary>What was sent, and what became of it.</summary>
    private sealed class Model
    {
        private readonly Dictionary<TopicPartition, List<(string Value, Sent Transaction)>> _log = s_partitions.ToDictionary(static partition => partition, static _ => new List<(string, Sent)>());
        private readonly Sent?[] _open = new Sent?[3];
        private readonly Dictionary<(int Group, TopicPartition Partition), long> _offsets = [];
        private readonly Sent _plain = new() { IsCommitted = true };

        internal bool IsOpen(int i) => _open[i] is { IsUnknown: false };

        internal bool IsUnknown(int i) => _open[i] is { IsUnknown: true };

        internal void Send(int i, TopicPartition partition, string value) => _log[partition].Add((value, _open[i] ??= new Sent()));

        internal void SendOffset(int i, TopicPartition partition, long offset) => (_open[i] ??= new Sent()).Offsets[partition] = offset;

        internal void Plain(TopicPartition partition, string value) => _log[partition].Add((value, _plain));

        internal void End(int i, bool isCommit)
        {
            Sent open = _open[i]!;
            open.IsCommitted = isCommit;
            _open[i] = null;
            foreach ((TopicPartition partition, long offset) in open.Offsets.Where(_ => isCommit))
            {
                _offsets[(i, partition)] = offset;
            }
        }

        internal void Drop(int i) => _open[i] = null;

        internal void EndUnknown(int i, bool isCommit) => (_open[i]!.IsUnknown, _open[i]!.WantsCommit) = (true, isCommit);

        /// <summary>The log says which way it went: every record and offset must say the same.</summary>
        internal void Settle(BrokerLife life, int i)
        {
            Sent open = _open[i]!;
            HashSet<string> visible = [.. s_partitions.SelectMany(life.ReadCommitted)];
            bool[] seen = [.. _log.Values.SelectMany(static log => log).Where(record => record.Transaction == open).Select(record => visible.Contains(record.Value))];
            bool[] offsets = [.. open.Offsets.Select(offset => life.Broker.FetchOffsets($"group-{i}", [offset.Key], requireStable: true)[0].Committed?.Offset == offset.Value)];
            bool isCommitted = seen.Concat(offsets).FirstOrDefault();
            Assert.All(seen.Concat(offsets), one => Assert.Equal(isCommitted, one));
            Assert.True(open.WantsCommit || !isCommitted, "An abort became a commit.");
            End(i, isCommitted);
        }

        internal void CheckRead(BrokerLife life, TopicPartition partition, bool isSettled)
        {
            List<string> read = life.ReadCommitted(partition);
            string[] all = [.. _log[partition].Where(static record => record.Transaction.IsCommitted).Select(static record => record.Value)];
            Assert.Equal(isSettled ? all : all.Take(read.Count), read);
            long start = life.Broker.ListOffset(partition, ListedOffset.Earliest).Offset;
            long stable = life.Broker.ListOffset(partition, ListedOffset.Latest, IsolationLevel.ReadCommitted).Offset;
            long end = life.Broker.ListOffset(partition, ListedOffset.Latest).Offset;
            Assert.True(start <= stable && stable <= end, $"{start} <= {stable} <= {end}"); // L10
            Assert.True(!isSettled || stable == end, "A transaction hangs.");
        }

        internal void CheckOffsets(BrokerLife life)
        {
            foreach (((int group, TopicPartition partition), long offset) in _offsets)
            {
                Assert.Equal(offset, life.Broker.FetchOffsets($"group-{group}", [partition], requireStable: true)[0].Committed?.Offset);
            }
        }
    }

    private sealed class Sent
    {
        internal bool IsCommitted { get; set; }

        internal bool IsUnknown { get; set; }

        internal bool WantsCommit { get; set; }

        internal Dictionary<TopicPartition, long> Offsets { get; } = [];
    }
}
