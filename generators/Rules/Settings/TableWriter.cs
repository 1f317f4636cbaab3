using System.Collections.Generic;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;

namespace Zurau.Rules.Settings;

/// <summary>Writes the table of an options class: names, spellings, values as text, ranges.</summary>
internal static class TableWriter
{
    private const string Table = "global::Zurau.Engine.Common.Settings.SettingTable";

    internal static void Write(StringBuilder text, INamedTypeSymbol type, Setting[] settings)
    {
        string keyword = type.IsRecord ? "record" : "class";
        text.Append($$"""

            namespace {{type.ContainingNamespace.ToDisplayString()}}
            {
                partial {{keyword}} {{type.Name}}
                {
                    /// <summary>Gets these settings by name.</summary>
                    public static {{Table}}<{{type.Name}}> Settings { get; } = new Table();

                    private sealed class Table : {{Table}}<{{type.Name}}>
                    {
                        private static readonly string[] s_names = [{{string.Join(", ", settings.Select(static setting => Setting.Quote(setting.Name)))}}];

                        public override global::System.Collections.Generic.IReadOnlyList<string> Names => s_names;

                        protected override int IndexOf(string folded) => folded switch
                        {
            {{Lines(settings.SelectMany((setting, index) => new[] { setting.Name, setting.Alias }.OfType<string>().Select(name => $"{Setting.Quote(Fold(name))} => {index},")))}}
                            _ => -1,
                        };

                        protected override bool IsList(int index) => {{Indexes(settings, static setting => setting.Kind is SettingKind.List or SettingKind.Words)}};

                        protected override string Expected(int index) => index switch
                        {
            {{Lines(settings.Select(static (setting, index) => $"{index} => {Setting.Quote(setting.Expected())},"))}}
                            _ => throw new global::System.ArgumentOutOfRangeException(nameof(index)),
                        };

                        protected override string? Get({{type.Name}} options, int index) => index switch
                        {
            {{Lines(settings.Select(static (setting, index) => $"{index} => {Text(setting)},"))}}
                            _ => throw new global::System.ArgumentOutOfRangeException(nameof(index)),
                        };

                        protected override bool TrySet({{type.Name}} options, int index, string text)
                        {
                            switch (index)
                            {
            {{Lines(settings.SelectMany(static (setting, index) => Set(setting, index)))}}
                                default:
                                    throw new global::System.ArgumentOutOfRangeException(nameof(index));
                            }
                        }

                        public override void Validate({{type.Name}} options, string section, global::System.Collections.Generic.ICollection<string> errors)
                        {
            {{Lines(settings.Select(static (setting, index) => Check(setting, index)).OfType<string>())}}
                        }
                    }
                }
            }

            """);
    }

    private static string Lines(IEnumerable<string> lines) => string.Join("\n", lines.Select(static line => "                    " + line));

    private static string Indexes(Setting[] settings, System.Func<Setting, bool> isWanted)
    {
        int[] indexes = Enumerable.Range(0, settings.Length).Where(index => isWanted(settings[index])).ToArray();
        return indexes.Length == 0 ? "false" : $"index is {string.Join(" or ", indexes)}";
    }

    private static string Fold(string name) => name.Replace(".", "").Replace("-", "").Replace("_", "").ToLowerInvariant();

    private static string Text(Setting setting)
    {
        string value = $"options.{setting.Property.Name}";
        string conditional = setting.IsNullable ? "?" : "";
        return setting.Kind switch
        {
            SettingKind.Bool => setting.IsNullable ? $"{value} is {{ }} flag{setting.Property.Name} ? (flag{setting.Property.Name} ? \"true\" : \"false\") : null" : $"{value} ? \"true\" : \"false\"",
            SettingKind.Parsed => $"{value}{conditional}.ToString()",
            SettingKind.Number or SettingKind.Real => $"{value}{conditional}.ToString(global::System.Globalization.CultureInfo.InvariantCulture)",
            SettingKind.Choice => $"{value} switch {{ {string.Join(", ", setting.Choices.GroupBy(static choice => choice.Value).Select(static same => $"{same.Key} => {Setting.Quote(same.First().Key)}"))}, _ => {(setting.IsNullable ? $"null" : $"((int){value}).ToString(global::System.Globalization.CultureInfo.InvariantCulture)")} }}",
            SettingKind.List => $"{value} is null ? null : string.Join(',', {value})",
            SettingKind.Section => "null",
            _ => value,
        };
    }

    private static IEnumerable<string> Set(Setting setting, int index)
    {
        string value = $"value{index}";
        string target = $"options.{setting.Property.Name}";
        string number = $"{setting.Min ?? setting.TypeMin}, {setting.Max ?? setting.TypeMax}";
        (string condition, string assigned) = setting.Kind switch
        {
            SettingKind.Bool => ($"!bool.TryParse(text, out bool {value})", value),
            SettingKind.Number => ($"!TryNumber(text, {number}, {setting.Or ?? setting.Min ?? setting.TypeMin}, out long {value})", $"({setting.TypeName}){value}"),
            SettingKind.Real => ($"!TryReal(text, {RealRange(setting)}, out double {value})", value),
            SettingKind.Choice => ($"Spelling(text) switch {{ {string.Join(", ", setting.Choices.Select(static choice => $"{Setting.Quote(Fold(choice.Key, '_'))} => {choice.Value}"))}, _ => ({setting.TypeName}?)null }} is not {{ }} {value}", value),
            SettingKind.Parsed => ($"!{setting.TypeName}.TryParse(text, out {setting.TypeName} {value})", value),
            SettingKind.Words => ($"Words(text) is not {{ Length: > 0 }} {value} || !global::System.Array.TrueForAll({value}, static word => word is {Alternatives(setting)})", $"string.Join(',', {value})"),
            SettingKind.List => ("false", "[.. Words(text)]"),
            _ => (setting.OneOf.Length > 0 ? $"text is not ({Alternatives(setting)})" : "false", "text"),
        };
        yield return $"case {index}:";
        if (setting.Kind == SettingKind.Section)
        {
            yield return "    return false;";
            yield break;
        }

        if (condition != "false")
        {
            yield return $"    if ({condition}) {{ return false; }}";
        }

        yield return $"    {target} = {assigned};";
        yield return "    return true;";
    }

    private static string? Check(Setting setting, int index)
    {
        string value = $"options.{setting.Property.Name}";
        string checkedValue = setting.IsNullable ? $"value{index}" : value;
        string guard = setting.IsNullable ? $"if ({value} is {{ }} value{index}) " : "";
        bool hasRange = setting.Min is not null || setting.Max is not null;
        return setting.Kind switch
        {
            SettingKind.Number when hasRange => $"{guard}CheckNumber(errors, section, {index}, {checkedValue}, {setting.Min ?? setting.TypeMin}, {setting.Max ?? setting.TypeMax}, {setting.Or ?? setting.Min ?? setting.TypeMin});",
            SettingKind.Real => $"{guard}CheckReal(errors, section, {index}, {checkedValue}, {RealRange(setting)});",
            SettingKind.Choice => $"if ({value} is not ({(setting.IsNullable ? "null or " : "")}{string.Join(" or ", setting.Choices.Select(static choice => choice.Value).Distinct())})) {{ Refuse(errors, section, {index}, Get(options, {index}) ?? $\"{{(int?){value}}}\"); }}",
            SettingKind.Words => $"if (Words({value}) is var words{index} && (words{index}.Length == 0 || !global::System.Array.TrueForAll(words{index}, static word => word is {Alternatives(setting)}))) {{ Refuse(errors, section, {index}, {value}); }}",
            SettingKind.Text when setting.OneOf.Length > 0 => $"if ({value} is not ({Alternatives(setting)})) {{ Refuse(errors, section, {index}, {value}); }}",
            SettingKind.Text when setting.IfEmpty is not null => $"{guard}CheckText(errors, section, {index}, {checkedValue}, {Setting.Quote(setting.IfEmpty)});",
            _ => null,
        };
    }

    private static string RealRange(Setting setting) => $"{setting.Min ?? "double.MinValue"}, {setting.Max ?? "double.MaxValue"}";

    private static string Alternatives(Setting setting) => string.Join(" or ", setting.OneOf.Select(Setting.Quote));

    private static string Fold(string spelling, char removed) => spelling.Replace(removed.ToString(), "").ToLowerInvariant();
}
