using Zurau.Transport;

namespace Zurau.Producing;

/// <summary>Runs work in transactions of one producer, one after the other. Thread-safe.</summary>
internal sealed class TransactionRunner(IProducerTransport producer)
{
    private readonly SemaphoreSlim _turn = new(1);
    private volatile bool _isInitialized;

    internal async Task InitAsync(CancellationToken cancellationToken)
    {
        await producer.InitTransactionsAsync(cancellationToken).ConfigureAwait(false);
        _isInitialized = true;
    }

    /// <summary>Runs work in a transaction: commits it, or aborts it if the work or the commit throws.</summary>
    internal async Task ExecuteAsync(Func<CancellationToken, ValueTask> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_isInitialized)
            {
                await InitAsync(cancellationToken).ConfigureAwait(false);
            }

            producer.BeginTransaction();
            bool isCommitting = false;
            try
            {
                await work(cancellationToken).ConfigureAwait(false);
                isCommitting = true;
                await producer.CommitTransactionAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (!isCommitting || exception is AbortableKafkaException)
            {
                await AbortAsync().ConfigureAwait(false);
                throw;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    // What the work threw is what the caller receives.
    private async Task AbortAsync()
    {
        try
        {
            await producer.AbortTransactionAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is KafkaException or InvalidOperationException)
        {
            // The producer has failed, or the work itself has ended the transaction.
        }
    }
}
