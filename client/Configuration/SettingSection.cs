using Zurau.Engine.Common.Settings;

namespace Zurau.Configuration;

/// <summary>
/// Binds the settings of one options class. Names and values are read by its <see cref="SettingTable{TOptions}"/>; sections below it, which
/// are few, have a method each.
/// </summary>
internal sealed class SettingSection<TOptions>(SettingTable<TOptions> table, params SettingSection<TOptions>.Child[] children)
    where TOptions : class
{
    internal delegate void Apply(TOptions options, SettingNode node, List<string> errors);

    /// <summary>Gets the names that are suggested for an unknown one.</summary>
    internal IReadOnlyList<string> Names { get; } = [.. table.Names.Union(children.Select(static child => child.Name))];

    internal SettingTable<TOptions> Table => table;

    /// <summary>Sets what the children of a node contain and adds one line for each that is wrong.</summary>
    internal void Bind(TOptions options, SettingNode node, List<string> errors)
    {
        foreach (SettingNode setting in node.Unite(errors))
        {
            string name = SettingName.Normalize(setting.Key);
            if (Array.Find(children, child => SettingName.Normalize(child.Name) == name) is { } section)
            {
                section.Bind(options, setting, errors);
            }
            else if (table.Find(setting.Key) is { } known)
            {
                Bind(options, known, setting, errors);
            }
            else
            {
                errors.Add(Unknown(setting));
            }
        }
    }

    private void Bind(TOptions options, string name, SettingNode node, List<string> errors)
    {
        if (node.Children.Count > 0 && !table.IsList(name))
        {
            errors.Add($"setting '{node.Path}' is a section; {table.Expected(name)} is expected");
            return;
        }

        // A list is numbered children or one text with commas, whichever came last.
        string? value = node.Children.Count == 0 || node.IsValueLast ? node.Value : string.Join(',', node.Children.Select(static child => child.Value).OfType<string>());
        if (value is not null && !table.TrySet(options, name, value))
        {
            errors.Add($"setting '{node.Path}' is '{value}'; {table.Expected(name)} is expected");
        }
    }

    private string Unknown(SettingNode node)
    {
        string? suggestion = SettingSections.FindElsewhere(node.Key) is { } elsewhere && table.Find(elsewhere) is null ? elsewhere : SettingName.Nearest(node.Key, Names);
        return suggestion is null
            ? $"unknown setting '{node.Path}'; known here: {string.Join(", ", Names)}"
            : $"unknown setting '{node.Path}'; did you mean '{suggestion}'?";
    }

    /// <summary>A section below this one.</summary>
    internal sealed record Child(string Name, Apply Bind);
}
