using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Zurau.Rules.Settings;

/// <summary>One declared setting, as its property and attributes describe it.</summary>
internal sealed class Setting
{
    private readonly AttributeData _attribute;

    internal Setting(IPropertySymbol property, AttributeData attribute, SemanticModel model)
    {
        _attribute = attribute;
        Property = property;
        Name = (string)attribute.ConstructorArguments[0].Value!;
        Alias = Text("Alias");
        IfEmpty = Text("IfEmpty");
        OneOf = attribute.NamedArguments.Where(static pair => pair.Key == "OneOf").SelectMany(static pair => pair.Value.Values).Select(static value => (string)value.Value!).ToArray();
        Type = property.Type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable ? nullable.TypeArguments[0] : property.Type;
        IsNullable = property.NullableAnnotation == NullableAnnotation.Annotated;
        Kind = KindOf(Type, Number(attribute, "IsList") == "true");
        Min = Number(attribute, "Min");
        Max = Number(attribute, "Max");
        Or = Number(attribute, "Or");
        Choices = ChoicesOf(property, Type);
        Topic = property.GetAttributes().FirstOrDefault(static data => data.AttributeClass?.Name == "TopicSettingAttribute");
        DefaultLiteral = Literal(property, model);
    }

    internal IPropertySymbol Property { get; }

    internal string Name { get; }

    internal string? Alias { get; }

    internal string? IfEmpty { get; }

    internal string[] OneOf { get; }

    internal ITypeSymbol Type { get; }

    internal string TypeName => Type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    internal bool IsNullable { get; }

    internal SettingKind Kind { get; }

    internal string? Min { get; }

    internal string? Max { get; }

    internal string? Or { get; }

    /// <summary>Gets the spellings of an enum with its values as expressions.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Choices { get; }

    internal AttributeData? Topic { get; }

    /// <summary>Gets the default as an expression without names; null if it is not a constant.</summary>
    internal string? DefaultLiteral { get; }

    internal string TopicName => (string)Topic!.ConstructorArguments[0].Value!;

    internal string TopicProperty => Topic!.NamedArguments.Where(static pair => pair.Key == "Property").Select(static pair => (string)pair.Value.Value!).FirstOrDefault() ?? Pascal(TopicName);

    internal string? TopicMin => Number(Topic!, "Min") ?? Min;

    /// <summary>Gets the smallest value of a whole number's type.</summary>
    internal string TypeMin => Type.SpecialType switch { SpecialType.System_Int16 => "short.MinValue", SpecialType.System_Int32 => "int.MinValue", _ => "long.MinValue" };

    internal string TypeMax => Type.SpecialType switch { SpecialType.System_Int16 => "short.MaxValue", SpecialType.System_Int32 => "int.MaxValue", _ => "long.MaxValue" };

    /// <summary>Returns which values are accepted, for a message.</summary>
    internal string Expected() => Kind switch
    {
        SettingKind.Bool => "true or false",
        SettingKind.Number => "a whole number" + Range(),
        SettingKind.Real => "a number" + Range(),
        SettingKind.Choice => Join(Choices.Select(static choice => choice.Key).ToArray()),
        SettingKind.Parsed => Text("Expected") ?? "a text",
        SettingKind.Words => $"one or more of {string.Join(", ", OneOf)}, separated by commas",
        SettingKind.List => "a list",
        SettingKind.Section => "a section",
        _ => OneOf.Length > 0 ? Join(OneOf) : "a text",
    };

    /// <summary>Returns the values outside of Kafka's two kinds of ranges, for a topic.</summary>
    internal string Allowed() => Range().Replace(" from ", "").Replace(" of ", "");

    internal static string Quote(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    internal static string? Number(AttributeData attribute, string name)
    {
        TypedConstant value = attribute.NamedArguments.Where(pair => pair.Key == name).Select(static pair => pair.Value).FirstOrDefault();
        return value.IsNull ? null : value.Value is bool flag ? (flag ? "true" : "false") : ((double)value.Value!).ToString("R", CultureInfo.InvariantCulture);
    }

    private static string Pascal(string name) => string.Concat(name.Split('.').Select(static word => char.ToUpperInvariant(word[0]) + word.Substring(1)));

    private static string Snake(string name) => string.Concat(name.Select(static (letter, index) => (char.IsUpper(letter) && index > 0 ? "_" : "") + char.ToLowerInvariant(letter)));

    private static string Join(string[] words) => words.Length == 1 ? words[0] : $"{string.Join(", ", words.Take(words.Length - 1))} or {words[words.Length - 1]}";

    private static SettingKind KindOf(ITypeSymbol type, bool isList) => type.SpecialType switch
    {
        SpecialType.System_Boolean => SettingKind.Bool,
        SpecialType.System_Int16 or SpecialType.System_Int32 or SpecialType.System_Int64 => SettingKind.Number,
        SpecialType.System_Double => SettingKind.Real,
        SpecialType.System_String => isList ? SettingKind.Words : SettingKind.Text,
        _ => type.TypeKind == TypeKind.Enum ? SettingKind.Choice : type.TypeKind == TypeKind.Struct ? SettingKind.Parsed : type.Name == "List" ? SettingKind.List : SettingKind.Section,
    };

    private static IReadOnlyList<KeyValuePair<string, string>> ChoicesOf(IPropertySymbol property, ITypeSymbol type)
    {
        string Member(object? value) => type.GetMembers().OfType<IFieldSymbol>().Where(field => Equals(field.ConstantValue, value))
            .Select(field => $"{type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)}.{field.Name}").First();
        KeyValuePair<string, string>[] spelled = property.GetAttributes().Where(static data => data.AttributeClass?.Name == "ChoiceAttribute")
            .Select(data => new KeyValuePair<string, string>((string)data.ConstructorArguments[0].Value!, Member(data.ConstructorArguments[1].Value))).ToArray();
        return type.TypeKind != TypeKind.Enum ? [] : spelled.Length > 0 ? spelled
            : type.GetMembers().OfType<IFieldSymbol>().Where(static field => field.HasConstantValue).Select(field => new KeyValuePair<string, string>(Snake(field.Name), Member(field.ConstantValue))).ToArray();
    }

    private static string? Literal(IPropertySymbol property, SemanticModel model)
    {
        if (property.DeclaringSyntaxReferences[0].GetSyntax() is not PropertyDeclarationSyntax declaration)
        {
            return null;
        }

        if (declaration.Initializer is null)
        {
            return "default";
        }

        Optional<object?> constant = model.GetConstantValue(declaration.Initializer.Value);
        string type = property.Type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
        return !constant.HasValue ? null
            : constant.Value is string text ? Quote(text)
            : constant.Value is bool flag ? (flag ? "true" : "false")
            : $"({type})({Convert.ToString(constant.Value is double real ? real.ToString("R", CultureInfo.InvariantCulture) + "d" : constant.Value, CultureInfo.InvariantCulture)})";
    }

    private string Range()
    {
        string or = Or is null ? "" : $", or {Or} {Text("OrMeans")}";
        return (Min, Max) switch
        {
            (null, null) => or,
            (_, null) => $" of {Min} or more{or}",
            (null, _) => $" of {Max} or less{or}",
            _ => $" from {Min} to {Max}{or}",
        };
    }

    private string? Text(string name) => _attribute.NamedArguments.Where(pair => pair.Key == name).Select(static pair => (string?)pair.Value.Value).FirstOrDefault();
}
