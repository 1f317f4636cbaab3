namespace Zurau.Transport;

/// <summary>Sends the records of a producer whose values have one type. Thread-safe.</summary>
public interface IRecordSender<TValue>
{
    /// <summary>
    /// Accepts a record, copying what it needs before it returns; never blocks. Records of one partition are delivered in the order in
    /// which they were accepted.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="completion">Called once with the result of an accepted record, results of one partition in their order; not called
    /// if this method throws.</param>
    /// <param name="isAwaited">Whether the caller waits for the result, so that the record is sent without lingering.</param>
    /// <param name="blocked">Null for the first attempt. After false it is what to wait for, and to pass to the next attempt of the same
    /// record. The caller disposes it after the last attempt.</param>
    /// <returns>False, with nothing done, if <c>buffer.memory</c> has no room for the record.</returns>
    /// <exception cref="KafkaException">Too large, or the partition does not exist, or the topic.</exception>
    /// <exception cref="InvalidOperationException">The producer is transactional, and no transaction is open.</exception>
    /// <exception cref="ObjectDisposedException">The producer is closed.</exception>
    bool TrySend(in OutgoingRecord<TValue> record, SendCompletion completion, bool isAwaited, ref BlockedSend? blocked);
}
