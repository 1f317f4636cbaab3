using System.Linq;
using Microsoft.CodeAnalysis;

namespace Zurau.Rules;

/// <summary>Recognizes the types that report whether an operation succeeded.</summary>
internal static class ResultTypes
{
    /// <summary>
    /// Returns true for ErrorCode and the types of Zurau whose name ends in Result, and for tasks, nullables, tuples, arrays and
    /// collections of them.
    /// </summary>
    public static bool Contains(ITypeSymbol? type) => type switch
    {
        IArrayTypeSymbol array => Contains(array.ElementType),
        INamedTypeSymbol { IsTupleType: true } tuple => tuple.TupleElements.Any(static element => Contains(element.Type)),
        INamedTypeSymbol { TypeArguments.Length: > 0 } generic when IsWrapper(generic) => Contains(generic.TypeArguments.Last()),
        INamedTypeSymbol named => IsResult(named),
        _ => false,
    };

    /// <summary>Returns true for types and members that are declared in Zurau or below it.</summary>
    public static bool IsOfZurau(ISymbol symbol)
    {
        INamespaceSymbol? space = symbol.ContainingNamespace;
        while (space is { ContainingNamespace.IsGlobalNamespace: false })
        {
            space = space.ContainingNamespace;
        }

        return space?.Name == "Zurau";
    }

    private static bool IsResult(INamedTypeSymbol type) =>
        type.TypeKind switch
        {
            TypeKind.Enum => type.Name == "ErrorCode",
            TypeKind.Struct or TypeKind.Class => type.Name.EndsWith("Result", System.StringComparison.Ordinal),
            _ => false,
        }
        && IsOfZurau(type);

    private static bool IsWrapper(INamedTypeSymbol type) => type.Name
        is "Task" or "ValueTask" or "ConfiguredTaskAwaitable" or "ConfiguredValueTaskAwaitable" or "Nullable"
        or "List" or "IList" or "IEnumerable" or "ICollection" or "IReadOnlyList" or "IReadOnlyCollection" or "ImmutableArray"
        or "Dictionary" or "IDictionary" or "IReadOnlyDictionary" or "FrozenDictionary";
}
