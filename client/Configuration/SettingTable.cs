using System.Globalization;

namespace Zurau.Configuration;

/// <summary>
/// The settings of one options class by Kafka's names: a table instead of reflection, so that names, spellings and allowed values are
/// written down once and trimming cannot lose them.
/// </summary>
internal sealed class SettingTable<T>
{
    private delegate bool TryParse<TValue>(string text, out TValue value);

    private readonly Dictionary<string, Action<T, SettingNode, List<string>>> _apply = [];
    private readonly List<string> _names = [];

    /// <summary>The names, as they are suggested.</summary>
    internal IReadOnlyList<string> Names => _names;

    internal bool Contains(string name) => _apply.ContainsKey(SettingName.Normalize(name));

    /// <summary>Sets what the children of a node say and collects what is wrong, one line each.</summary>
    internal void Apply(T options, SettingNode node, List<string> errors)
    {
        foreach (SettingNode child in node.Unite(errors))
        {
            if (_apply.TryGetValue(SettingName.Normalize(child.Key), out Action<T, SettingNode, List<string>>? apply))
            {
                apply(options, child, errors);
            }
            else
            {
                errors.Add(Unknown(child));
            }
        }
    }

    /// <summary>Adds a section or another setting with a form of its own.</summary>
    internal SettingTable<T> Add(string name, Action<T, SettingNode, List<string>> apply)
    {
        _apply.Add(SettingName.Normalize(name), apply);
        _names.Add(name);
        return this;
    }

    internal SettingTable<T> AddText(string name, Action<T, string> set) =>
        AddParsed(name, "a text", set, static (string text, out string value) => (value = text) is not null);

    internal SettingTable<T> AddInt(string name, Action<T, int> set) => AddParsed(
        name,
        "a whole number",
        set,
        static (string text, out int value) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value));

    internal SettingTable<T> AddLong(string name, Action<T, long> set) => AddParsed(
        name,
        "a whole number",
        set,
        static (string text, out long value) =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value));

    internal SettingTable<T> AddDouble(string name, Action<T, double> set) => AddParsed(
        name,
        "a number",
        set,
        static (string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value));

    internal SettingTable<T> AddBool(string name, Action<T, bool> set) =>
        AddParsed<bool>(name, "true or false", set, static (string text, out bool value) => bool.TryParse(text, out value));

    /// <summary>Adds a choice; several spellings may mean one value, the allowed ones are told in this order.</summary>
    internal SettingTable<T> AddChoice<TChoice>(
        string name,
        Action<T, TChoice> set,
        params (string Spelling, TChoice Value)[] choices) => AddParsed(
        name,
        string.Join(", ", choices[..^1].Select(choice => choice.Spelling)) + " or " + choices[^1].Spelling,
        set,
        (string text, out TChoice value) =>
        {
            // Not normalized: "-1" is not "1". Kafka spells MANUAL_IMMEDIATE what C# spells ManualImmediate.
            string spelling = WithoutUnderscores(text);
            int found = Array.FindIndex(
                choices,
                choice => string.Equals(WithoutUnderscores(choice.Spelling), spelling, StringComparison.OrdinalIgnoreCase));
            value = choices[Math.Max(found, 0)].Value;
            return found >= 0;
        });

    /// <summary>Adds a list of texts: numbered children, or one text with commas.</summary>
    internal SettingTable<T> AddList(string name, Action<T, List<string>> set) => Add(name, (options, node, _) =>
    {
        if (node.IsValueLast)
        {
            set(options, [.. node.Value!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]);
        }
        else if (node.Children.Count > 0)
        {
            set(options, [.. node.Children.Select(child => child.Value).OfType<string>()]);
        }
    });

    private static string WithoutUnderscores(string text) => text.Replace("_", "", StringComparison.Ordinal);

    private SettingTable<T> AddParsed<TValue>(string name, string allowed, Action<T, TValue> set, TryParse<TValue> tryParse) =>
        Add(name, (options, node, errors) =>
        {
            if (node.Children.Count > 0)
            {
                errors.Add($"setting '{node.Path}' is a section; {allowed} is expected");
            }
            else if (node.Value is not null)
            {
                if (tryParse(node.Value.Trim(), out TValue value))
                {
                    set(options, value);
                }
                else
                {
                    errors.Add($"setting '{node.Path}' is '{node.Value}'; {allowed} is expected");
                }
            }
        });

    private string Unknown(SettingNode node)
    {
        string? suggestion = SettingTables.FindElsewhere(node.Key) is { } elsewhere && !Contains(elsewhere)
            ? elsewhere
            : SettingName.Nearest(node.Key, _names);
        return suggestion is null
            ? $"unknown setting '{node.Path}'; known here: {string.Join(", ", _names)}"
            : $"unknown setting '{node.Path}'; did you mean '{suggestion}'?";
    }
}
