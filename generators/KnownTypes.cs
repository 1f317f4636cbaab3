using Microsoft.CodeAnalysis;

namespace Zurau.Generators;

/// <summary>Recognizes the types that determine how parameters are bound.</summary>
internal static class KnownTypes
{
    public const string ListenerAttribute = "Zurau.KafkaListenerAttribute";

    /// <summary>The namespace of the classes that resolve services, as generated code contains it.</summary>
    public const string DependencyInjection = "global::Microsoft.Extensions.DependencyInjection";

    private static readonly SymbolDisplayFormat s_fullName = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        genericsOptions: SymbolDisplayGenericsOptions.None);

    /// <summary>Formats a type's name for messages: without namespaces, containing types and nullable annotations.</summary>
    public static SymbolDisplayFormat ShortName { get; } = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameOnly,
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes);

    /// <summary>Formats a type's name for code; nullable annotations of type arguments are omitted.</summary>
    public static SymbolDisplayFormat Qualified { get; } = SymbolDisplayFormat.FullyQualifiedFormat;

    public static bool Is(ITypeSymbol? type, string fullName) => type?.ToDisplayString(s_fullName) == fullName;

    public static bool IsConsumerRecord(ITypeSymbol type) =>
        type is INamedTypeSymbol { TypeArguments.Length: 2 } && Is(type, "Zurau.ConsumerRecord");

    public static AttributeData? Find(ISymbol symbol, string attribute)
    {
        foreach (AttributeData data in symbol.GetAttributes())
        {
            if (Is(data.AttributeClass, attribute))
            {
                return data;
            }
        }

        return null;
    }

    /// <summary>Returns true if a header can be converted to the type: the types that the header decoder supports at run time.</summary>
    public static bool IsHeaderType(ITypeSymbol type)
    {
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            type = nullable.TypeArguments[0];
        }

        return type.SpecialType is SpecialType.System_String
            or SpecialType.System_Int16
            or SpecialType.System_Int32
            or SpecialType.System_Int64
            || type is IArrayTypeSymbol { Rank: 1, ElementType.SpecialType: SpecialType.System_Byte }
            || Is(type, "System.Guid")
            || Is(type, "System.DateTimeOffset");
    }
}
