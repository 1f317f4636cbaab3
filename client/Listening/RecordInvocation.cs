using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace Zurau.Listening;

/// <summary>
/// One delivery as its handler's parameters see it: key and value are deserialized when they are asked for, and once. One object serves
/// all deliveries of a loop, one after the other: it is an invoker's until the handler is through.
/// </summary>
internal sealed class RecordInvocation(IServiceProvider services, string groupId) : ListenerInvocation
{
    private ListenerRecord _record;
    private IAcknowledgment? _acknowledgment;
    private int _attempt;
    private CancellationToken _cancellationToken;
    private Headers? _headers;
    private (Type Type, object? Value)? _key;
    private (Type Type, object? Value)? _value;

    /// <inheritdoc/>
    public override IServiceProvider Services => services;

    /// <inheritdoc/>
    public override IAcknowledgment Acknowledgment => _acknowledgment!;

    /// <inheritdoc/>
    public override CancellationToken CancellationToken => _cancellationToken;

    /// <summary>A copy: what a handler adds is not in the dead letter.</summary>
    public override Headers Headers => _headers ??= new Headers(_record.Headers);

    /// <summary>The key could not be deserialized; null when it could or nobody asked.</summary>
    public SerializationException? KeyFailure { get; private set; }

    /// <summary>The value could not be deserialized; null when it could or nobody asked.</summary>
    public SerializationException? ValueFailure { get; private set; }

    /// <summary>Begins with the next delivery.</summary>
    /// <param name="record">The record.</param>
    /// <param name="acknowledgment">Its acknowledgment.</param>
    /// <param name="attempt">Which delivery of the record it is, from 1.</param>
    /// <param name="cancellationToken">Fires when the listener stops.</param>
    public void Begin(in ListenerRecord record, IAcknowledgment acknowledgment, int attempt, CancellationToken cancellationToken)
    {
        _record = record;
        _acknowledgment = acknowledgment;
        _attempt = attempt;
        _cancellationToken = cancellationToken;
        _headers = null;
        _key = null;
        _value = null;
        KeyFailure = null;
        ValueFailure = null;
    }

    /// <inheritdoc/>
    public override T GetValue<T>()
    {
        if (_value is { } known && known.Type == typeof(T))
        {
            return (T)known.Value!;
        }

        T value;
        try
        {
            value = Deserialize<T>(_record.Value, isKey: false);
        }
        catch (SerializationException e)
        {
            ValueFailure = e;
            throw;
        }

        _value = (typeof(T), value);
        return value;
    }

    /// <inheritdoc/>
    public override T GetKey<T>()
    {
        if (_key is { } known && known.Type == typeof(T))
        {
            return (T)known.Value!;
        }

        T key;
        try
        {
            key = Deserialize<T>(_record.Key, isKey: true);
        }
        catch (SerializationException e)
        {
            KeyFailure = e;
            throw;
        }

        _key = (typeof(T), key);
        return key;
    }

    /// <inheritdoc/>
    public override ConsumerRecord<TKey, TValue> GetRecord<TKey, TValue>() =>
        new(
            _record.TopicPartition.Topic,
            _record.TopicPartition.Partition,
            _record.Offset,
            GetKey<TKey>(),
            GetValue<TValue>(),
            Headers,
            Timestamp,
            _record.TimestampType)
        {
            LeaderEpoch = _record.LeaderEpoch,
        };

    /// <inheritdoc/>
    public override T GetHeader<T>(string name, bool required, T defaultValue)
    {
        if (name == KafkaHeaders.ReceivedKey)
        {
            return _record.Key is not null ? GetKey<T>() : required ? throw Missing(name) : defaultValue;
        }

        Type type = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        object? found;
        if (Fact(name) is { } fact)
        {
            found = Convert(fact, type);
        }
        else if (TryGetLast(name, out byte[]? bytes) && bytes is not null)
        {
            found = HeaderDecoder.Decode(bytes, type);
        }
        else
        {
            return required ? throw Missing(name) : defaultValue;
        }

        return found is T value
            ? value
            : throw new ListenerBindingException($"Header '{name}' of {Where} cannot be read as {type.Name}: {Shown(name)}.");
    }

    private DateTimeOffset Timestamp => _record.Timestamp;

    private string Where => $"{_record.TopicPartition}@{_record.Offset}";

    private object? Fact(string name) => name switch
    {
        KafkaHeaders.ReceivedTopic => _record.TopicPartition.Topic,
        KafkaHeaders.ReceivedPartition => _record.TopicPartition.Partition,
        KafkaHeaders.Offset => _record.Offset,
        KafkaHeaders.ReceivedTimestamp => _record.TimestampMs,
        KafkaHeaders.TimestampType => _record.TimestampType == TimestampType.LogAppendTime ? "LOG_APPEND_TIME" : "CREATE_TIME",
        KafkaHeaders.GroupId => groupId,
        KafkaHeaders.DeliveryAttempt => _attempt,
        _ => null,
    };

    private object? Convert(object fact, Type type)
    {
        if (fact.GetType() == type)
        {
            return fact;
        }

        if (type == typeof(DateTimeOffset))
        {
            return fact is long ? Timestamp : null;
        }

        bool isNumber = type == typeof(int) || type == typeof(long) || type == typeof(short);
        if (type != typeof(string) && !(isNumber && fact is int or long))
        {
            return null;
        }

        try
        {
            return System.Convert.ChangeType(fact, type, CultureInfo.InvariantCulture);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private bool TryGetLast(string name, out byte[]? bytes) =>
        _record.Headers.TryGetLast(name, out bytes)
        || (KafkaHeaders.OtherForm(name) is { } other && _record.Headers.TryGetLast(other, out bytes));

    private string Shown(string name)
    {
        if (Fact(name) is { } fact)
        {
            return $"it is {fact}";
        }

        byte[] bytes = TryGetLast(name, out byte[]? found) && found is not null ? found : [];
        return $"its {bytes.Length} bytes are {System.Convert.ToHexString(bytes.AsSpan(0, Math.Min(bytes.Length, 32)))}";
    }

    private ListenerBindingException Missing(string name) =>
        new(
            $"Header '{name}' is missing from {Where}; make the parameter nullable, or give it a default " +
            "value, if records may come without it.");

    private T Deserialize<T>(ReadOnlyMemory<byte>? bytes, bool isKey)
    {
        if (bytes is not { } given)
        {
            return default(T) is null
                ? default!
                : throw new ListenerBindingException(
                    $"The {(isKey ? "key" : "value")} of {Where} is null; declare the parameter as {typeof(T).Name}?.");
        }

        IDeserializer<T> deserializer = services.GetService<IDeserializer<T>>() ?? Deserializers.For<T>();
        try
        {
            return deserializer.Deserialize(given.Span);
        }
        catch (Exception e)
        {
            throw new SerializationException($"The {(isKey ? "key" : "value")} of {Where} is no {typeof(T).Name}: {e.Message}", isKey, e);
        }
    }
}
