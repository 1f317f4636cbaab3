namespace Zurau.Listening;

/// <summary>A handler method and how to call it: what the source generator writes and reflection finds.</summary>
public sealed record ListenerMethod
{
    /// <summary>The class, resolved from the record's DI scope.</summary>
    public required Type HandlerType { get; init; }

    /// <summary>The method's name, for messages and the default id.</summary>
    public required string MethodName { get; init; }

    /// <summary>The method's parameters as C# writes their types, for messages: <c>(Order, IAcknowledgment)</c>.</summary>
    public required string Signature { get; init; }

    /// <summary>The attribute.</summary>
    public required KafkaListenerAttribute Attribute { get; init; }

    /// <summary>True when a parameter is an <see cref="IAcknowledgment"/>.</summary>
    public required bool TakesAcknowledgment { get; init; }

    /// <summary>Type of the value as the method wants it; null when it does not take the value.</summary>
    public required Type? ValueType { get; init; }

    /// <summary>Type of the key as the method wants it; null when it does not take the key.</summary>
    public required Type? KeyType { get; init; }

    /// <summary>Types of the parameters that come from the record's DI scope; start-up checks that they are registered.</summary>
    public IReadOnlyList<Type> ServiceTypes { get; init; } = [];

    /// <summary>Calls the method.</summary>
    public required ListenerInvoker Invoker { get; init; }

    /// <summary>Class, method and parameters: <c>OrderHandler.Handle(Order, IAcknowledgment)</c>.</summary>
    public string DisplayName => $"{HandlerType.Name}.{MethodName}{Signature}";
}
