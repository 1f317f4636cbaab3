using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Zurau.Listening;

/// <summary>
/// One parameter of a handler and how to get it. The rules are the source generator's too: what the type or an attribute says; else the
/// first one is the value, unless a <c>ConsumerRecord</c> or <c>[Payload]</c> is there; else it is a service.
/// </summary>
[RequiresDynamicCode("Parameters are read by reflection.")]
internal sealed class ReflectedParameter
{
    private const string Allowed =
        "allowed are the value, [Key], [Header], ConsumerRecord<,>, Headers, IAcknowledgment, CancellationToken and services";

    private static readonly NullabilityInfoContext s_nullability = new();

    private ReflectedParameter(ParameterKind kind, Type type, Func<ListenerInvocation, object?> get)
    {
        Kind = kind;
        Type = type;
        Get = get;
    }

    public ParameterKind Kind { get; }

    public Type Type { get; }

    public Func<ListenerInvocation, object?> Get { get; }

    public static bool IsConsumerRecord(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ConsumerRecord<,>);

    /// <summary>Binds all parameters of a method.</summary>
    /// <exception cref="ConfigurationException">One cannot be bound.</exception>
    public static ReflectedParameter[] Bind(ParameterInfo[] parameters, string method)
    {
        int marked = parameters.Count(p => p.IsDefined(typeof(PayloadAttribute)));
        if (marked > 1)
        {
            throw new ConfigurationException($"Listener method '{method}' has {marked} parameters with [Payload]: a record has one value.");
        }

        bool isValueTaken = marked == 1 || parameters.Any(p => IsConsumerRecord(p.ParameterType));
        var bound = new ReflectedParameter[parameters.Length];
        for (int i = 0; i < bound.Length; i++)
        {
            ParameterKind kind = KindOf(parameters[i], ref isValueTaken);
            Check(parameters[i], kind, method);
            bound[i] = new ReflectedParameter(kind, parameters[i].ParameterType, Getter(parameters[i], kind));
        }

        return bound;
    }

    private static ParameterKind KindOf(ParameterInfo parameter, ref bool isValueTaken)
    {
        Type type = parameter.ParameterType;
        ParameterKind? said =
            type == typeof(IAcknowledgment) ? ParameterKind.Acknowledgment
            : type == typeof(CancellationToken) ? ParameterKind.CancellationToken
            : type == typeof(Headers) ? ParameterKind.Headers
            : IsConsumerRecord(type) ? ParameterKind.Record
            : parameter.IsDefined(typeof(HeaderAttribute)) ? ParameterKind.Header
            : parameter.IsDefined(typeof(KeyAttribute)) ? ParameterKind.Key
            : parameter.IsDefined(typeof(PayloadAttribute)) ? ParameterKind.Value
            : parameter.IsDefined(typeof(FromKeyedServicesAttribute)) ? ParameterKind.KeyedService
            : null;
        if (said is { } kind)
        {
            return kind;
        }

        if (isValueTaken)
        {
            return ParameterKind.Service;
        }

        isValueTaken = true;
        return ParameterKind.Value;
    }

    private static void Check(ParameterInfo parameter, ParameterKind kind, string method)
    {
        Type type = parameter.ParameterType;
        string? problem =
            type.IsByRef || type.IsPointer || type.IsByRefLike ? "is a reference or a span, which cannot be handed over"
            : kind == ParameterKind.Header
                && parameter.GetCustomAttribute<HeaderAttribute>()!.Name != KafkaHeaders.ReceivedKey
                && !HeaderDecoder.Supports(type)
                ? "cannot be read from a header: take string, int, long, short, Guid, DateTimeOffset or byte[]"
            : kind is ParameterKind.Service && (type.IsValueType || type == typeof(string))
                ? $"is neither the value nor a service: mark it with {HeaderDecoder.MarksOf(type)}"
            : null;
        if (problem is not null)
        {
            throw new ConfigurationException(
                $"Parameter '{parameter.Name}' ({CSharpNames.Of(type)}) of listener method '{method}' {problem}; {Allowed}.");
        }
    }

    private static Func<ListenerInvocation, object?> Getter(ParameterInfo parameter, ParameterKind kind)
    {
        Type type = parameter.ParameterType;
        switch (kind)
        {
            case ParameterKind.Acknowledgment:
                return invocation => invocation.Acknowledgment;
            case ParameterKind.CancellationToken:
                return invocation => invocation.CancellationToken;
            case ParameterKind.Headers:
                return invocation => invocation.Headers;
            case ParameterKind.Service:
                return invocation => invocation.Services.GetRequiredService(type);
            case ParameterKind.KeyedService:
                object? key = parameter.GetCustomAttribute<FromKeyedServicesAttribute>()!.Key;
                return invocation => invocation.Services.GetRequiredKeyedService(type, key);
            case ParameterKind.Record:
                return Generic(nameof(ListenerInvocation.GetRecord), type.GetGenericArguments());
            case ParameterKind.Header:
                return Header(parameter);
            case ParameterKind.Key:
                return OrDefault(parameter, Generic(nameof(ListenerInvocation.GetKey), type));
            case ParameterKind.Value:
                return OrDefault(parameter, Generic(nameof(ListenerInvocation.GetValue), type));
            default:
                throw new InvalidOperationException($"There is no parameter kind {kind}.");
        }
    }

    private static Func<ListenerInvocation, object?> Generic(string method, params Type[] types)
    {
        MethodInfo getter = typeof(ListenerInvocation).GetMethod(method)!.MakeGenericMethod(types);
        return invocation => getter.Invoke(invocation, BindingFlags.DoNotWrapExceptions, binder: null, parameters: null, culture: null);
    }

    private static Func<ListenerInvocation, object?> Header(ParameterInfo parameter)
    {
        HeaderAttribute header = parameter.GetCustomAttribute<HeaderAttribute>()!;
        MethodInfo getter = typeof(ListenerInvocation)
            .GetMethod(nameof(ListenerInvocation.GetHeader))!
            .MakeGenericMethod(parameter.ParameterType);
        object?[] arguments = [header.Name, header.Required && !IsNullable(parameter) && !parameter.HasDefaultValue, DefaultOf(parameter)];
        return invocation => getter.Invoke(invocation, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null);
    }

    private static Func<ListenerInvocation, object?> OrDefault(ParameterInfo parameter, Func<ListenerInvocation, object?> get)
    {
        if (parameter.HasDefaultValue)
        {
            object? whenNull = DefaultOf(parameter);
            return invocation => get(invocation) ?? whenNull;
        }

        if (parameter.ParameterType.IsValueType || s_nullability.Create(parameter).ReadState != NullabilityState.NotNull)
        {
            return get;
        }

        string name = parameter.Name ?? "";
        string type = CSharpNames.Of(parameter.ParameterType);
        return invocation => get(invocation) ?? throw ListenerParameter.IsNull(name, type);
    }

    private static bool IsNullable(ParameterInfo parameter) =>
        parameter.ParameterType.IsValueType
            ? Nullable.GetUnderlyingType(parameter.ParameterType) is not null
            : s_nullability.Create(parameter).ReadState == NullabilityState.Nullable;

    private static object? DefaultOf(ParameterInfo parameter) =>
        parameter.HasDefaultValue && parameter.DefaultValue is { } value ? value
        : parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType)
        : null;
}
