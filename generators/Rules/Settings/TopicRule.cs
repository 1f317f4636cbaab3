using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Zurau.Rules.Settings;

/// <summary>A topic setting as expressions of C#.</summary>
internal sealed class TopicRule
{
    private const string Text = "global::Zurau.Engine.Common.Settings.SettingText";
    private const string Invariant = "global::System.Globalization.CultureInfo.InvariantCulture";

    private TopicRule(string name) => Name = name;

    internal string Name { get; }

    /// <summary>Gets the setting of the broker; null for one that is only stored.</summary>
    internal Setting? Broker { get; private set; }

    /// <summary>Gets what is wrong with the text <c>value</c>.</summary>
    internal string Problem { get; private set; } = "";

    /// <summary>Gets the text of the value that <c>settings</c> has.</summary>
    internal string Value { get; private set; } = "";

    /// <summary>Gets the value that the text <c>value</c> is read as.</summary>
    internal string Parsed { get; private set; } = "";

    internal static TopicRule[] All(IEnumerable<Setting> settings, IEnumerable<AttributeData> stored) => settings.Where(static setting => setting.Topic is not null).Select(Of)
        .Concat(stored.Select(Stored)).OrderBy(static rule => rule.Name, System.StringComparer.Ordinal).ToArray();

    private static TopicRule Of(Setting setting)
    {
        string value = $"settings.{setting.TopicProperty}";
        string type = setting.Type.SpecialType == SpecialType.System_Int64 ? "LONG" : "INT";
        string range = $"{setting.TopicMin ?? setting.TypeMin}, {setting.Max ?? setting.TypeMax}";
        string[] allowed = (setting.OneOf.Length > 0 ? setting.OneOf : setting.Choices.Select(static choice => choice.Key)).Select(Setting.Quote).ToArray();
        return new TopicRule(setting.TopicName)
        {
            Broker = setting,
            Problem = setting.Kind switch
            {
                SettingKind.Number when setting.Or is not null => $"{Text}.NumberProblem(value, \"{type}\", {range}, {setting.Or}, {Setting.Quote(setting.Allowed())})",
                SettingKind.Number => $"{Text}.NumberProblem(value, \"{type}\", {range})",
                SettingKind.Real => $"{Text}.RealProblem(value, {setting.TopicMin}, {setting.Max})",
                SettingKind.Words => $"{Text}.ListProblem(value, {string.Join(", ", allowed)})",
                _ => $"{Text}.ChoiceProblem(value, {string.Join(", ", allowed)})",
            },
            Value = setting.Kind switch
            {
                SettingKind.Number or SettingKind.Real => $"{value}.ToString({Invariant})",
                SettingKind.Choice => $"{value} switch {{ {string.Join(", ", setting.Choices.Select(static choice => $"{choice.Value} => {Setting.Quote(choice.Key)}"))}, _ => \"\" }}",
                _ => value,
            },
            Parsed = setting.Kind switch
            {
                SettingKind.Number or SettingKind.Real => $"{setting.TypeName}.Parse(value, {Invariant})",
                SettingKind.Choice => $"value switch {{ {string.Join(", ", setting.Choices.Select(static choice => $"{Setting.Quote(choice.Key)} => {choice.Value}"))}, _ => throw new global::System.FormatException(value) }}",
                _ => "value",
            },
        };
    }

    private static TopicRule Stored(AttributeData attribute)
    {
        object value = attribute.ConstructorArguments[1].Value!;
        return new TopicRule((string)attribute.ConstructorArguments[0].Value!)
        {
            Problem = value is bool ? $"{Text}.BooleanProblem(value)" : $"{Text}.NumberProblem(value, \"INT\", {Setting.Number(attribute, "Min") ?? "int.MinValue"}, int.MaxValue)",
            Value = value is bool flag ? (flag ? "\"true\"" : "\"false\"") : $"\"{value}\"",
        };
    }
}
