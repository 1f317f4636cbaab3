using System.Text;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;

namespace Engine.Tests.Support;

/// <summary>
/// A transactional producer by the broker's requests, with an epoch a transaction.
/// </summary>
internal sealed class TransactionalClient(BrokerLife life, string transactionalId)
{
    private readonly Dictionary<TopicPartition, int> _sequences = [];

    /// <summary>
    /// Uses another client's producer id and epoch, before its first batch of a partition.
    /// </summary>
    internal TransactionalClient(BrokerLife life, string transactionalId, TransactionalClient other)
        : this(life, transactionalId) => (ProducerId, Epoch) = (other.ProducerId, other.Epoch);

    internal long ProducerId { get; private set; } = -1;

    internal short Epoch { get; private set; } = -1;

    internal string TransactionalId => transactionalId;

    internal Acks Acks { get; init; } = Acks.Leader;

    internal BrokerTransactions Requests => life.Broker.Transactions;

    internal ErrorCode Init(int timeoutMs = 60_000) => Take(life.Wait(Requests.InitProducerIdAsync(transactionalId, timeoutMs)));

    internal ErrorCode Send(TopicPartition partition, string value)
    {
        ErrorCode added = Add(partition);
        return added == ErrorCode.None ? SendLate(partition, value) : added;
    }

    internal ErrorCode Add(TopicPartition partition, TransactionVersion version = TransactionVersion.V2) =>
        life.Wait(Requests.AddPartitionsAsync(transactionalId, ProducerId, Epoch, [partition], version));

    /// <summary>Appends without asking whether the partition is in the transaction.</summary>
    internal ErrorCode SendLate(TopicPartition partition, string value)
    {
        int sequence = _sequences.GetValueOrDefault(partition);
        byte[] batch = Batch(ProducerId, Epoch, sequence, value);
        AppendResult result = life.Wait(life.Broker.AppendAsync(partition, batch, Acks));
        _sequences[partition] = result.Error == ErrorCode.None ? sequence + 1 : sequence;
        return result.Error;
    }

    internal ErrorCode SendOffset(string group, TopicPartition partition, long offset) => life.Wait(Requests.CommitOffsetsAsync(
        transactionalId, ProducerId, Epoch, group, "", -1, [KeyValuePair.Create(partition, new OffsetAndMetadata(offset))], TransactionVersion.V2, Acks))[0].Error;

    internal ErrorCode End(bool isCommit) => Take(life.Wait(EndAsync(isCommit)));

    internal ValueTask<InitProducerIdResult> EndAsync(bool isCommit) => Requests.EndAsync(transactionalId, ProducerId, Epoch, isCommit, TransactionVersion.V2);

    internal static byte[] Batch(long producerId, short epoch, int sequence, string value, BatchAttributes attributes = BatchAttributes.Transactional)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + 64 + bytes.Length]);
        builder.SetProducer(producerId, epoch, sequence);
        builder.Append(1_700_000_000_000, default, isKeyNull: true, bytes, isValueNull: false);
        return builder.Build(attributes).ToArray();
    }

    private ErrorCode Take(InitProducerIdResult result)
    {
        if (result.Error == ErrorCode.None)
        {
            (ProducerId, Epoch) = (result.ProducerId, result.ProducerEpoch);
            _sequences.Clear();
        }

        return result.Error;
    }
}
