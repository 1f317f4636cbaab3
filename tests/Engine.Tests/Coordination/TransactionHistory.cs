using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Records;

namespace Engine.Tests.Coordination;

/// <summary>
/// Does operations of transactional producers to a broker and to a model. A producer
/// begins when an operation needs it.
/// </summary>
internal sealed class TransactionHistory
{
    internal const int Clients = 3;
    internal const int Partitions = 3;
    internal static readonly TopicPartition[] Orders = [.. Enumerable.Range(0, Partitions).Select(static i => BrokerExtensions.Orders with { Partition = i })];
    private const int InputRecords = 100;
    private readonly BrokerLife _life;
    private readonly TransactionsModel _model = new();
    private readonly TransactionalClient?[] _clients = new TransactionalClient?[Clients];
    private int _step;

    internal TransactionHistory(BrokerLife life)
    {
        _life = life;
        life.Broker.CreateTopic(new NewTopic("orders", Partitions));
        life.Broker.CreateTopic(new NewTopic("input", Partitions));
        for (int i = 0; i < Partitions; i++)
        {
            // Offsets that are committed must exist: a start after a crash takes back those beyond the end.
            life.Wait(life.Broker.AppendAsync(new TopicPartition("input", i), Batches.Of([.. Enumerable.Range(0, InputRecords).Select(static value => $"{value}")]), Acks.Leader));
        }
    }

    internal void Do(Operation operation)
    {
        int step = _step++;
        switch (operation)
        {
            case Send send:
                SendTo(send.Client, Orders[send.Partition], $"{send.Client}/{step}");
                break;
            case SendOffset send:
                TopicPartition input = Orders[send.Partition] with { Topic = "input" };
                Assert.Equal(ErrorCode.None, Client(send.Client).SendOffset($"group-{send.Client}", input, step % InputRecords));
                _model.SendOffset(send.Client, input, step % InputRecords);
                break;
            case End end:
                Do(end, step);
                break;
            case Plain { Partition: int partition }:
                string plain = $"plain/{step}";
                byte[] batch = TransactionalClient.Batch(-1, -1, -1, plain, BatchAttributes.None);
                Assert.Equal(ErrorCode.None, _life.Wait(_life.Broker.AppendAsync(Orders[partition], batch, Acks.Leader)).Error);
                _model.Plain(Orders[partition], plain);
                break;
            case KillWhileEnding kill:
                Do(kill);
                break;
            case Restart restart:
                _life.Restart(restart.IsClean);
                _life.Settle();
                break;
            case Init init:
                Do(init);
                break;
            default:
                _model.CheckRead(_life, Orders[((Read)operation).Partition], isSettled: false);
                break;
        }
    }

    /// <summary>
    /// Aborts what is open, restarts the broker and checks every partition and offset.
    /// </summary>
    internal void CheckAll(bool isClean)
    {
        for (int i = 0; i < Clients; i++)
        {
            if (_clients[i] is { } client)
            {
                Assert.Equal(ErrorCode.None, client.Init());
                _model.Drop(i);
            }
        }

        _life.Restart(isClean);
        _life.Settle();
        Array.ForEach(Orders, partition => _model.CheckRead(_life, partition, isSettled: true));
        _model.CheckOffsets(_life);
    }

    private TransactionalClient Client(int i) => _clients[i] ??= Begin(i);

    private TransactionalClient Begin(int i)
    {
        var client = new TransactionalClient(_life, $"producer-{i}");
        Assert.Equal(ErrorCode.None, client.Init());
        _model.Drop(i);
        return client;
    }

    private void SendTo(int i, TopicPartition partition, string value)
    {
        Assert.Equal(ErrorCode.None, Client(i).Send(partition, value));
        _model.Send(i, partition, value);
    }

    private void Do(End end, int step)
    {
        if (!_model.IsOpen(end.Client))
        {
            return;
        }

        TransactionalClient client = Client(end.Client);
        (long id, short epoch) = (client.ProducerId, client.Epoch);
        Assert.Equal(ErrorCode.None, client.End(end.IsCommit));
        _model.End(end.Client, end.IsCommit);
        if (end.NextPartition is { } next)
        {
            // The request to end the transaction is repeated when the next one has begun.
            SendTo(end.Client, Orders[next], $"{end.Client}/{step}/next");
            _ = _life.Wait(client.Requests.EndAsync(client.TransactionalId, id, epoch, end.IsCommit, TransactionVersion.V2));
            _ = _life.Wait(client.Requests.EndAsync(client.TransactionalId, id, epoch, !end.IsCommit, TransactionVersion.V2));
        }
    }

    // The client that had the name before is fenced, and may still try.
    private void Do(Init init)
    {
        TransactionalClient? fenced = _clients[init.Client];
        _clients[init.Client] = Begin(init.Client);
        if (fenced is not null && init.FencedPartition is { } partition)
        {
            Assert.NotEqual(ErrorCode.None, fenced.End(isCommit: true));
            Assert.NotEqual(ErrorCode.None, fenced.Send(Orders[partition], "fenced"));
        }
    }

    private void Do(KillWhileEnding kill)
    {
        for (int i = 0; i < Clients; i++)
        {
            if (_clients[i] is { } client && _model.IsOpen(i) && (kill.Ending & (1 << i)) != 0)
            {
                bool isCommit = (kill.Committing & (1 << i)) != 0;
                _ = client.EndAsync(isCommit);
                _model.EndUnknown(i, isCommit);
            }
        }

        for (int step = kill.Steps; step > 0; step--)
        {
            _life.Step();
        }

        _life.Restart(isClean: false);
        _life.Settle();
        for (int i = 0; i < Clients; i++)
        {
            if (_clients[i] is not null)
            {
                _clients[i] = new TransactionalClient(_life, $"producer-{i}");
                Assert.Equal(ErrorCode.None, _clients[i]!.Init()); // Also those that hold back what is read below.
            }
        }

        for (int i = 0; i < Clients; i++)
        {
            if (_model.IsUnknown(i))
            {
                _model.Settle(_life, i);
            }
            else
            {
                _model.Drop(i);
            }
        }
    }

    internal abstract record Operation;

    internal sealed record Send(int Client, int Partition) : Operation;

    internal sealed record SendOffset(int Client, int Partition) : Operation;

    /// <summary>
    /// Ends the client's transaction; with a next partition, begins another and repeats the
    /// request.
    /// </summary>
    internal sealed record End(int Client, bool IsCommit, int? NextPartition) : Operation;

    internal sealed record Plain(int Partition) : Operation;

    /// <summary>
    /// Asks for the end of the transactions of some clients (bits) and kills the broker
    /// some steps later.
    /// </summary>
    internal sealed record KillWhileEnding(int Ending, int Committing, int Steps) : Operation;

    internal sealed record Restart(bool IsClean) : Operation;

    internal sealed record Read(int Partition) : Operation;

    /// <summary>
    /// A new producer uses the client's id; with a partition, the fenced producer
    /// still tries to send there.
    /// </summary>
    internal sealed record Init(int Client, int? FencedPartition) : Operation;
}
