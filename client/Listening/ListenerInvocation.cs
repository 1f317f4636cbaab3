namespace Zurau.Listening;

/// <summary>
/// One record on its way to a handler: what an invoker asks for the parameters. Used by one thread at a time, and only until the handler is
/// through: the same object then serves the next record.
/// </summary>
public abstract class ListenerInvocation
{
    /// <summary>The record's DI scope.</summary>
    public abstract IServiceProvider Services { get; }

    /// <summary>The record's acknowledgment.</summary>
    public abstract IAcknowledgment Acknowledgment { get; }

    /// <summary>Fires when the container stops.</summary>
    public abstract CancellationToken CancellationToken { get; }

    /// <summary>All headers.</summary>
    public abstract Headers Headers { get; }

    /// <summary>The value, deserialized; null for a null value of a reference or nullable type.</summary>
    /// <exception cref="SerializationException">The bytes are no such value.</exception>
    public abstract T GetValue<T>();

    /// <summary>The key, deserialized.</summary>
    /// <exception cref="SerializationException">The bytes are no such key.</exception>
    public abstract T GetKey<T>();

    /// <summary>The whole record.</summary>
    public abstract ConsumerRecord<TKey, TValue> GetRecord<TKey, TValue>();

    /// <summary>A header or a fact about the record, by name; numbers decode from Spring's bytes.</summary>
    /// <param name="name">The header's name.</param>
    /// <param name="required">Whether a missing one is an error.</param>
    /// <param name="defaultValue">What a missing one gives when it is not required.</param>
    /// <exception cref="ListenerBindingException">It is required and missing, or its bytes are no such value: not retried.</exception>
    public abstract T GetHeader<T>(string name, bool required, T defaultValue);
}
