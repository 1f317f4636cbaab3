using Zurau.Embedded.Producing.Batches;
using Zurau.Embedded.Producing.Sessions;
using Zurau.Transport;

namespace Zurau.Embedded.Producing;

/// <summary>Sends to the embedded engine on the threads of the callers.</summary>
internal sealed class EmbeddedProducer(RecordAccumulator accumulator) : IProducerTransport
{
    private readonly TransactionManager? _transactions = accumulator.Transactions;

    /// <inheritdoc/>
    public long BufferedBytes => accumulator.UsedBytes;

    /// <inheritdoc/>
    public bool IsInCompletion => accumulator.Delivery.IsDelivering;

    private TransactionManager Transactions => _transactions
        ?? throw new InvalidOperationException("The producer is not transactional: set 'transactional.id'.");

    /// <inheritdoc/>
    public ValueTask<int> PartitionCountAsync(string topic, CancellationToken cancellationToken)
    {
        try
        {
            return new ValueTask<int>(accumulator.PartitionCount(topic));
        }
        catch (Exception exception)
        {
            return ValueTask.FromException<int>(exception);
        }
    }

    /// <inheritdoc/>
    public IRecordSender<TValue> CreateSender<TValue>() => new EmbeddedSender<TValue>(accumulator);

    /// <inheritdoc/>
    public Task FlushAsync() => accumulator.FlushAsync();

    /// <inheritdoc/>
    public async Task CloseAsync(TimeSpan timeout)
    {
        if (_transactions is not null)
        {
            await _transactions.AbortOpenAsync(accumulator.DropAsync, timeout).ConfigureAwait(false);
        }

        await accumulator.CloseAsync(timeout).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task InitTransactionsAsync(CancellationToken cancellationToken) => Transactions.InitAsync(cancellationToken);

    /// <inheritdoc/>
    public void BeginTransaction() => Transactions.Begin();

    /// <inheritdoc/>
    public Task SendOffsetsAsync(
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        ConsumerGroupMetadata group,
        CancellationToken cancellationToken) => Transactions.SendOffsetsAsync(offsets, group, cancellationToken);

    /// <inheritdoc/>
    public Task CommitTransactionAsync(CancellationToken cancellationToken) => Transactions.CommitAsync(accumulator.FlushAsync, cancellationToken);

    /// <inheritdoc/>
    public Task AbortTransactionAsync(CancellationToken cancellationToken) => Transactions.AbortAsync(accumulator.DropAsync, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(CloseAsync(Timeout.InfiniteTimeSpan));
}
