namespace Zurau;

/// <summary>Sends records from anywhere in an application; injectable and mockable. Thread-safe.</summary>
public interface IKafkaTemplate<TKey, TValue>
{
    /// <summary>Sends a record and waits until it is acknowledged as the producer's <c>acks</c> say.</summary>
    ValueTask<RecordMetadata> SendAsync(ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken = default);

    /// <summary>Sends a value under a key.</summary>
    ValueTask<RecordMetadata> SendAsync(string topic, TKey key, TValue value, CancellationToken cancellationToken = default);

    /// <summary>Waits until everything sent so far is acknowledged or has failed.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken = default);
}
