namespace Zurau.Listening;

/// <summary>A dead letter that was sent and is not settled: its record is open until then, and no commit passes it.</summary>
/// <param name="Sending">Its send.</param>
/// <param name="Record">The record.</param>
/// <param name="Delivery">The delivery of the record that failed.</param>
/// <param name="State">The record's partition.</param>
/// <param name="Attempt">How often the record was delivered.</param>
/// <param name="Exception">The last failure.</param>
internal sealed record DeadLetterInFlight(
    Task<RecordMetadata> Sending,
    ConsumerRecord<byte[]?, byte[]?> Record,
    Delivery Delivery,
    PartitionState State,
    int Attempt,
    Exception Exception)
{
    /// <summary>Bytes of key and value.</summary>
    public long SizeBytes => (Record.Key?.Length ?? 0) + (Record.Value?.Length ?? 0);
}
