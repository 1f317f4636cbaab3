using System.Collections.Generic;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;

namespace Zurau.Rules.Settings;

/// <summary>
/// Writes what follows from the settings that a topic may override: the properties of <c>LogSettings</c>, their defaults from the broker, the
/// rules of topic settings and the constants of their names.
/// </summary>
internal static class TopicWriter
{
    private const string LogSettings = "global::Zurau.Engine.Log.LogSettings";

    internal static void Write(StringBuilder text, INamedTypeSymbol type, TopicRule[] rules)
    {
        TopicRule[] known = rules.Where(static rule => rule.Broker is not null).ToArray();
        text.Append($$"""

            namespace {{type.ContainingNamespace.ToDisplayString()}}
            {
                partial {{(type.IsRecord ? "record" : "class")}} {{type.Name}}
                {
                    /// <summary>Returns the values of a topic that overrides none.</summary>
                    internal {{LogSettings}} TopicDefaults() => new {{LogSettings}}
                    {
            {{Lines(known.Select(static rule => $"{rule.Broker!.TopicProperty} = {rule.Broker.Property.Name},"))}}
                    }.Derive();
                }
            }

            namespace Zurau.Engine.Log
            {
                partial record LogSettings
                {
            {{Lines(known.SelectMany(Property))}}
                }
            }

            namespace Zurau.Engine.Topics
            {
                /// <summary>The settings of topics: names, ranges, values.</summary>
                internal static class TopicRules
                {
                    /// <summary>Gets the names in ordinal order.</summary>
                    internal static readonly string[] Names = [{{string.Join(", ", rules.Select(static rule => Setting.Quote(rule.Name)))}}];

                    internal static bool Exists(string name) => name is {{string.Join(" or ", rules.Select(static rule => Setting.Quote(rule.Name)))}};

                    internal static bool IsList(string name) => name is {{string.Join(" or ", known.Where(static rule => rule.Broker!.Kind == SettingKind.Words).Select(static rule => Setting.Quote(rule.Name)))}};

                    internal static bool HasEffect(string name) => name is not ({{string.Join(" or ", rules.Where(static rule => rule.Broker is null).Select(static rule => Setting.Quote(rule.Name)))}});

                    /// <summary>Returns what is wrong with a value, in Kafka's words; null if nothing is.</summary>
                    internal static string? Problem(string name, string value) => name switch
                    {
            {{Lines(rules.Select(static rule => $"{Setting.Quote(rule.Name)} => {rule.Problem},"))}}
                        _ => throw new global::System.ArgumentOutOfRangeException(nameof(name)),
                    };

                    /// <summary>Returns the value of a setting as text.</summary>
                    internal static string Text({{LogSettings}} settings, string name) => name switch
                    {
            {{Lines(rules.Select(static rule => $"{Setting.Quote(rule.Name)} => {rule.Value},"))}}
                        _ => throw new global::System.ArgumentOutOfRangeException(nameof(name)),
                    };

                    /// <summary>Lays the values of a topic, which are valid, over those of the broker.</summary>
                    internal static {{LogSettings}} Apply({{LogSettings}} settings, global::System.Collections.Generic.IReadOnlyDictionary<string, string> configs)
                    {
                        string? value;
                        return (settings with
                        {
            {{Lines(known.Select(static rule => $"{rule.Broker!.TopicProperty} = configs.TryGetValue({Setting.Quote(rule.Name)}, out value) ? {rule.Parsed} : settings.{rule.Broker.TopicProperty},"))}}
                        }).Derive();
                    }
                }
            }

            namespace Zurau
            {
                /// <summary>Names the settings of topics.</summary>
                public static class TopicConfigs
                {
            {{Lines(rules.SelectMany(static rule => new[] { $"/// <summary>Names <c>{rule.Name}</c>.</summary>", $"public const string {Constant(rule.Name)} = {Setting.Quote(rule.Name)};" }))}}
                }
            }

            """);
    }

    private static string Lines(IEnumerable<string> lines) => string.Join("\n", lines.Select(static line => "            " + line));

    private static string Constant(string name) => string.Concat(name.Split('.').Select(static word => char.ToUpperInvariant(word[0]) + word.Substring(1)));

    private static IEnumerable<string> Property(TopicRule rule)
    {
        Setting broker = rule.Broker!;
        yield return $"/// <summary>Gets <c>{rule.Name}</c>; its default is <see cref=\"global::Zurau.Engine.BrokerOptions.{broker.Property.Name}\"/>.</summary>";
        yield return broker.DefaultLiteral is null
            ? $"#error The default of '{broker.Name}' is not a constant."
            : $"internal {broker.TypeName} {broker.TopicProperty} {{ get; init; }} = {(broker.DefaultLiteral == "default" && broker.TypeName == "string" ? "\"\"" : broker.DefaultLiteral)};";
    }
}
