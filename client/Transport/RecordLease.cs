namespace Zurau.Transport;

/// <summary>
/// Records of one partition that a transport handed out, in offset order. Its memory is valid until it is disposed, which the receiver
/// does once, before it disposes the transport. Not thread-safe.
/// </summary>
public abstract class RecordLease : IDisposable
{
    /// <summary>Gets the partition.</summary>
    public required TopicPartition TopicPartition { get; init; }

    /// <summary>Gets the exclusive end offset, according to <c>isolation.level</c>, when the partition was read; -1 if unknown.</summary>
    public required long HighWatermark { get; init; }

    /// <summary>
    /// Gets the next offset to read: the offset that was requested at first, then the offset after the last record that was read, or
    /// after what a consumer does not see (aborted records, markers).
    /// </summary>
    public abstract long Position { get; }

    /// <summary>
    /// Decodes records and adds them to a list until it has <paramref name="maxCount"/> elements. Returns false if the lease has no
    /// more records.
    /// </summary>
    /// <param name="decoder">Is called once for each record.</param>
    /// <param name="into">Receives the decoded records; also if an exception is thrown after some of them.</param>
    /// <param name="maxCount">The largest number of elements of the list, what it contained before included.</param>
    /// <exception cref="KafkaException">The data is corrupt; <see cref="Position"/> is the offset before it.</exception>
    /// <exception cref="RecordDeserializationException">The decoder refused a record; <see cref="Position"/> is its offset.</exception>
    public abstract bool Read<TRecord>(IRecordDecoder<TRecord> decoder, List<TRecord> into, int maxCount);

    /// <inheritdoc/>
    public abstract void Dispose();
}
