using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Zurau.Generators;

/// <summary>Converts a method symbol to the model for the generator.</summary>
internal static class ListenerModelBuilder
{
    /// <summary>Builds the model; returns null for a method whose class generated code cannot name.</summary>
    public static ListenerModel? Build(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        if (context.TargetSymbol is not IMethodSymbol method
            || !ListenerRules.IsReachable(method.ContainingType)
            || method.ContainingType.IsAbstract)
        {
            return null;
        }

        // A wrong ack mode also depends on the settings, which are known only at startup.
        bool isCallable = ListenerRules
            .Check(method, context.Attributes[0], cancellationToken)
            .All(problem => problem.Id == ListenerRules.AckMode.Id);
        if (!isCallable)
        {
            var none = new EquatableList<string>([]);
            string type = Name(method.ContainingType);
            return new ListenerModel(false, type, method.Name, "", "", false, null, null, none, none, ListenerReturn.Nothing);
        }

        ImmutableArray<ParameterKind> kinds = ParameterRules.KindsOf(method);
        ITypeSymbol? record = method.Parameters.Select(p => p.Type).FirstOrDefault(KnownTypes.IsConsumerRecord);
        ImmutableArray<ITypeSymbol>? recordTypes = (record as INamedTypeSymbol)?.TypeArguments;
        return new ListenerModel(
            true,
            Name(method.ContainingType),
            method.Name,
            $"({string.Join(", ", method.Parameters.Select(p => p.Type.ToDisplayString(KnownTypes.ShortName)))})",
            AttributeExpression(context.Attributes[0]),
            kinds.Contains(ParameterKind.Acknowledgment),
            TypeOf(method, kinds, ParameterKind.Value) ?? (recordTypes is { } v ? Name(v[1]) : null),
            TypeOf(method, kinds, ParameterKind.Key) ?? (recordTypes is { } k ? Name(k[0]) : null),
            new EquatableList<string>(method.Parameters.Where((_, i) => kinds[i] == ParameterKind.Service).Select(p => Name(p.Type))),
            new EquatableList<string>(method.Parameters.Select((parameter, i) => Argument(parameter, kinds[i]))),
            ReturnOf(method)!.Value);
    }

    /// <summary>Returns the kind of a method's return type; null for a type that is not allowed.</summary>
    public static ListenerReturn? ReturnOf(IMethodSymbol method) =>
        method.ReturnsVoid ? ListenerReturn.Nothing
        : method.ReturnType is not INamedTypeSymbol { IsGenericType: false } ? null
        : KnownTypes.Is(method.ReturnType, "System.Threading.Tasks.Task") ? ListenerReturn.Task
        : KnownTypes.Is(method.ReturnType, "System.Threading.Tasks.ValueTask") ? ListenerReturn.ValueTask
        : null;

    private static string? TypeOf(IMethodSymbol method, ImmutableArray<ParameterKind> kinds, ParameterKind kind) =>
        kinds.IndexOf(kind) is var i and >= 0 ? Name(method.Parameters[i].Type) : null;

    private static string Name(ITypeSymbol type) =>
        type.WithNullableAnnotation(NullableAnnotation.None).ToDisplayString(KnownTypes.Qualified);

    private static string Argument(IParameterSymbol parameter, ParameterKind kind)
    {
        string type = Name(parameter.Type);
        switch (kind)
        {
            case ParameterKind.Acknowledgment:
                return "invocation.Acknowledgment";
            case ParameterKind.CancellationToken:
                return "invocation.CancellationToken";
            case ParameterKind.Headers:
                return "invocation.Headers";
            case ParameterKind.Record:
                return $"invocation.GetRecord<{string.Join(", ", ((INamedTypeSymbol)parameter.Type).TypeArguments.Select(Name))}>()";
            case ParameterKind.Header:
                return HeaderArgument(parameter, type);
            case ParameterKind.Key:
                return OrDefault(parameter, $"invocation.GetKey<{type}>()");
            case ParameterKind.Value:
                return OrDefault(parameter, $"invocation.GetValue<{type}>()");
            case ParameterKind.KeyedService:
                TypedConstant key = KnownTypes.Find(parameter, ParameterRules.KeyedAttribute)!.ConstructorArguments.FirstOrDefault();
                string keyText = key.Kind == TypedConstantKind.Error ? "null" : key.ToCSharpString();
                return $"{KnownTypes.DependencyInjection}.ServiceProviderKeyedServiceExtensions" +
                    $".GetRequiredKeyedService<{type}>(invocation.Services, {keyText})";
            default:
                return $"{KnownTypes.DependencyInjection}.ServiceProviderServiceExtensions.GetRequiredService<{type}>(invocation.Services)";
        }
    }

    private static string HeaderArgument(IParameterSymbol parameter, string type)
    {
        AttributeData header = KnownTypes.Find(parameter, ParameterRules.HeaderAttribute)!;
        bool isRequired = !header.NamedArguments.Any(argument => argument.Key == "Required" && argument.Value.Value is false)
            && !IsNullable(parameter)
            && !parameter.HasExplicitDefaultValue;
        string name = SymbolDisplay.FormatLiteral(ParameterRules.HeaderName(parameter), quote: true);
        return $"invocation.GetHeader<{type}>({name}, {(isRequired ? "true" : "false")}, {Default(parameter, type)})";
    }

    private static string OrDefault(IParameterSymbol parameter, string expression)
    {
        string type = Name(parameter.Type);
        if (parameter.HasExplicitDefaultValue)
        {
            bool canBeNull = parameter.Type.IsReferenceType || IsNullable(parameter);
            return canBeNull && parameter.ExplicitDefaultValue is not null ? $"{expression} ?? {Default(parameter, type)}" : expression;
        }

        return parameter.Type.IsReferenceType && parameter.NullableAnnotation == NullableAnnotation.NotAnnotated
            ? $"global::Zurau.Listening.ListenerParameter.NotNull({expression}, {SymbolDisplay.FormatLiteral(parameter.Name, quote: true)})"
            : expression;
    }

    private static bool IsNullable(IParameterSymbol parameter) =>
        parameter.Type.IsValueType
            ? parameter.Type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T
            : parameter.NullableAnnotation == NullableAnnotation.Annotated;

    private static string Default(IParameterSymbol parameter, string type) =>
        parameter.HasExplicitDefaultValue && parameter.ExplicitDefaultValue is { } value
            ? $"({type}){SymbolDisplay.FormatPrimitive(value, quoteStrings: true, useHexadecimalNumbers: false)}"
            : $"default({type})";

    /// <summary>Writes the attribute as in the source, from its constants.</summary>
    private static string AttributeExpression(AttributeData attribute)
    {
        IEnumerable<string> topics = attribute.ConstructorArguments
            .SelectMany(argument => argument.Kind == TypedConstantKind.Array ? argument.Values : ImmutableArray.Create(argument))
            .Select(topic => topic.ToCSharpString());
        string properties = string.Concat(attribute.NamedArguments.Select(argument => $" {argument.Key} = {Constant(argument.Value)},"));
        return $"new global::Zurau.KafkaListenerAttribute({string.Join(", ", topics)}) {{{properties} }}";
    }

    private static string Constant(TypedConstant constant) => constant.Kind switch
    {
        TypedConstantKind.Array => $"new[] {{ {string.Join(", ", constant.Values.Select(Constant))} }}",
        TypedConstantKind.Enum => $"(global::{constant.Type!.ToDisplayString()}){constant.Value}",
        _ => constant.ToCSharpString(),
    };
}
