namespace Zurau.Engine.Common.Settings;

/// <summary>
/// Declares a setting: the property is its type, the initializer its default, the summary its documentation. Binder, validator, topic rules and
/// docs/settings.md are derived from the declaration. An enum is spelled in snake case unless <see cref="ChoiceAttribute"/> spells it.
/// </summary>
/// <param name="name">The name, Kafka's if Kafka has the setting.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string name) : Attribute
{
    /// <summary>Gets the name.</summary>
    public string Name { get; } = name;

    /// <summary>Gets or sets another name that is read, too.</summary>
    public string? Alias { get; set; }

    /// <summary>Gets or sets the smallest value.</summary>
    public double Min { get; set; } = double.NaN;

    /// <summary>Gets or sets the largest value.</summary>
    public double Max { get; set; } = double.NaN;

    /// <summary>Gets or sets a further value outside of the range.</summary>
    public double Or { get; set; } = double.NaN;

    /// <summary>Gets or sets what that value stands for, such as "for the default".</summary>
    public string? OrMeans { get; set; }

    /// <summary>Gets or sets the words that a text accepts.</summary>
    public string[]? OneOf { get; set; }

    /// <summary>Gets or sets whether a text is a list of words, separated by commas.</summary>
    public bool IsList { get; set; }

    /// <summary>Gets or sets what to do instead of setting an empty text, which is then refused.</summary>
    public string? IfEmpty { get; set; }

    /// <summary>Gets or sets which values are accepted, for a type that reads them itself (<c>TryParse</c>).</summary>
    public string? Expected { get; set; }

    /// <summary>Gets or sets why the setting or its default is not Kafka's.</summary>
    public string? Differs { get; set; }
}
