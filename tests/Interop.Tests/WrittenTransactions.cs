using System.Text;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Interop.Tests;

/// <summary>
/// A directory with transactions that were committed, aborted and left open, in topic
/// <c>t</c> and in a group's offsets.
/// </summary>
internal static class WrittenTransactions
{
    internal const string Group = "shop";
    internal const long GroupOffset = 2;
    private const int TimeoutMs = 900_000; // Prevents that the open one is aborted.
    private static readonly TopicPartition s_partition = new("t", 0);

    /// <summary>
    /// Offsets and values that a reader of committed records gets: it waits before the open
    /// transaction.
    /// </summary>
    internal static IReadOnlyList<(long Offset, string Value)> Visible { get; } = [(0, "plain"), (1, "committed-1"), (2, "committed-2"), (6, "committed-3")];

    /// <summary>Those that every reader gets.</summary>
    internal static IReadOnlyList<(long Offset, string Value)> All { get; } =
        [(0, "plain"), (1, "committed-1"), (2, "committed-2"), (4, "aborted"), (6, "committed-3"), (8, "open"), (9, "after")];

    /// <summary>Writes it and closes the directory cleanly.</summary>
    internal static async Task WriteAsync(string directory)
    {
        await using var broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory) });
        Assert.True(broker.CreateTopic(new NewTopic("t", 1)).IsSuccess);
        BrokerTransactions transactions = broker.Transactions;
        await AppendAsync(broker, -1, -1, -1, "plain");
        InitProducerIdResult committing = await transactions.InitProducerIdAsync("committing", TimeoutMs);
        await SendAsync(broker, "committing", committing, 0, "committed-1");
        await SendAsync(broker, "committing", committing, 1, "committed-2");
        committing = await EndAsync(broker, "committing", committing, isCommit: true);
        InitProducerIdResult aborting = await transactions.InitProducerIdAsync("aborting", TimeoutMs);
        await SendAsync(broker, "aborting", aborting, 0, "aborted");
        await CommitOffsetAsync(broker, "aborting", aborting, GroupOffset + 1);
        await EndAsync(broker, "aborting", aborting, isCommit: false);
        await SendAsync(broker, "committing", committing, 0, "committed-3");
        await CommitOffsetAsync(broker, "committing", committing, GroupOffset);
        await EndAsync(broker, "committing", committing, isCommit: true);
        InitProducerIdResult open = await transactions.InitProducerIdAsync("open", TimeoutMs);
        await SendAsync(broker, "open", open, 0, "open");
        await AppendAsync(broker, -1, -1, -1, "after");
    }

    private static async Task SendAsync(Broker broker, string transactionalId, InitProducerIdResult producer, int sequence, string value)
    {
        Assert.Equal(ErrorCode.None, await broker.Transactions.AddPartitionsAsync(transactionalId, producer.ProducerId, producer.ProducerEpoch, [s_partition], TransactionVersion.V2));
        await AppendAsync(broker, producer.ProducerId, producer.ProducerEpoch, sequence, value);
    }

    private static async Task AppendAsync(Broker broker, long producerId, short epoch, int sequence, string value)
    {
        var builder = new RecordBatchBuilder(new byte[256]);
        if (producerId >= 0)
        {
            builder.SetProducer(producerId, epoch, sequence);
        }

        builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), default, isKeyNull: true, Encoding.UTF8.GetBytes(value), isValueNull: false);
        BatchAttributes attributes = producerId >= 0 ? BatchAttributes.Transactional : BatchAttributes.None;
        Assert.Equal(ErrorCode.None, (await broker.AppendAsync(s_partition, builder.Build(attributes), Acks.Leader)).Error);
    }

    private static async Task CommitOffsetAsync(Broker broker, string transactionalId, InitProducerIdResult producer, long offset)
    {
        IReadOnlyList<PartitionResult> results = await broker.Transactions.CommitOffsetsAsync(
            transactionalId, producer.ProducerId, producer.ProducerEpoch, Group, "", -1, [KeyValuePair.Create(s_partition, new OffsetAndMetadata(offset))], TransactionVersion.V2);
        Assert.Equal(ErrorCode.None, Assert.Single(results).Error);
    }

    private static async Task<InitProducerIdResult> EndAsync(Broker broker, string transactionalId, InitProducerIdResult producer, bool isCommit)
    {
        InitProducerIdResult ended = await broker.Transactions.EndAsync(transactionalId, producer.ProducerId, producer.ProducerEpoch, isCommit, TransactionVersion.V2);
        Assert.Equal(ErrorCode.None, ended.Error);
        return ended;
    }
}
