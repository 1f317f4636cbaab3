using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Zurau.Generators;

/// <summary>
/// Determines the source of each parameter: its attribute or its type; otherwise the first one is the value, unless a <c>ConsumerRecord</c>
/// or <c>[Payload]</c> exists; otherwise it is a service.
/// </summary>
internal static class ParameterRules
{
    public const string ReceivedKey = "kafka_receivedMessageKey";

    public const string PayloadAttribute = "Zurau.PayloadAttribute";

    public const string HeaderAttribute = "Zurau.HeaderAttribute";

    public const string KeyedAttribute = "Microsoft.Extensions.DependencyInjection.FromKeyedServicesAttribute";

    private const string KeyAttribute = "Zurau.KeyAttribute";

    /// <summary>Returns the kinds of all parameters, in order.</summary>
    public static ImmutableArray<ParameterKind> KindsOf(IMethodSymbol method)
    {
        bool isValueTaken = method.Parameters.Any(
            p => KnownTypes.Find(p, PayloadAttribute) is not null || KnownTypes.IsConsumerRecord(p.Type));
        ImmutableArray<ParameterKind>.Builder kinds = ImmutableArray.CreateBuilder<ParameterKind>(method.Parameters.Length);
        foreach (IParameterSymbol parameter in method.Parameters)
        {
            if (Said(parameter) is { } said)
            {
                kinds.Add(said);
                continue;
            }

            kinds.Add(isValueTaken ? ParameterKind.Service : ParameterKind.Value);
            isValueTaken = true;
        }

        return kinds.MoveToImmutable();
    }

    /// <summary>Returns the problem of a parameter; null for none.</summary>
    public static string? ProblemOf(IParameterSymbol parameter, ParameterKind kind)
    {
        if (parameter.RefKind != RefKind.None || parameter.Type.IsRefLikeType || parameter.Type.TypeKind == TypeKind.Pointer)
        {
            return "is a reference or a span, which cannot be passed";
        }

        if (kind == ParameterKind.Header && HeaderName(parameter) != ReceivedKey && !KnownTypes.IsHeaderType(parameter.Type))
        {
            return "cannot be read from a header: use string, int, long, short, Guid, DateTimeOffset or byte[]";
        }

        string marks = KnownTypes.IsHeaderType(parameter.Type) ? "[Header(\"name\")] or [Key]" : "[Key]";
        return kind == ParameterKind.Service && (parameter.Type.IsValueType || parameter.Type.SpecialType == SpecialType.System_String)
            ? $"is neither the value nor a service: mark it with {marks}"
            : null;
    }

    /// <summary>Returns the header name of a <c>[Header]</c> parameter.</summary>
    public static string HeaderName(IParameterSymbol parameter) =>
        KnownTypes.Find(parameter, HeaderAttribute)?.ConstructorArguments.FirstOrDefault().Value as string ?? "";

    private static ParameterKind? Said(IParameterSymbol parameter) =>
        KnownTypes.Is(parameter.Type, "Zurau.IAcknowledgment") ? ParameterKind.Acknowledgment
        : KnownTypes.Is(parameter.Type, "System.Threading.CancellationToken") ? ParameterKind.CancellationToken
        : KnownTypes.Is(parameter.Type, "Zurau.Headers") ? ParameterKind.Headers
        : KnownTypes.IsConsumerRecord(parameter.Type) ? ParameterKind.Record
        : KnownTypes.Find(parameter, HeaderAttribute) is not null ? ParameterKind.Header
        : KnownTypes.Find(parameter, KeyAttribute) is not null ? ParameterKind.Key
        : KnownTypes.Find(parameter, PayloadAttribute) is not null ? ParameterKind.Value
        : KnownTypes.Find(parameter, KeyedAttribute) is not null ? ParameterKind.KeyedService
        : null;
}
