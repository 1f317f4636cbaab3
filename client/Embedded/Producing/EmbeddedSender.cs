using Zurau.Embedded.Producing.Sessions;
using Zurau.Transport;

namespace Zurau.Embedded.Producing;

/// <summary>Puts records into the batches of a producer.</summary>
internal sealed class EmbeddedSender<TValue>(RecordAccumulator accumulator) : IRecordSender<TValue>
{
    private readonly TransactionManager? _transactions = accumulator.Transactions;

    /// <inheritdoc/>
    public bool TrySend(in OutgoingRecord<TValue> record, SendCompletion completion, bool isAwaited, ref BlockedSend? blocked)
    {
        _transactions?.ThrowIfNotOpen();
        return accumulator.TryAppend(record, completion, isAwaited, ref blocked);
    }
}
