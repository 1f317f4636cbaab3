namespace Zurau;

/// <summary>
/// Acknowledges one record. Any thread, also after the handler returned; a second call and a call after the partition was taken away
/// do nothing. A commit never passes a record that is neither acknowledged nor dead-lettered.
/// </summary>
public interface IAcknowledgment
{
    /// <summary>
    /// Marks the record as done; the container commits according to its ack mode. With <see cref="AckMode.ManualImmediate"/> a call in
    /// the handler blocks until the commit was tried.
    /// </summary>
    void Acknowledge();

    /// <summary>Says that the record is done and, with <see cref="AckMode.ManualImmediate"/>, waits for the commit.</summary>
    ValueTask AcknowledgeAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Says that the record cannot be handled now: it and what follows it in its partition come again after the delay. Other
    /// partitions go on. Only while the handler runs.
    /// </summary>
    void Nack(TimeSpan delay);
}
