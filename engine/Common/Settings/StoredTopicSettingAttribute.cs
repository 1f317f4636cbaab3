namespace Zurau.Engine.Common.Settings;

/// <summary>Declares a topic setting that is checked, stored and returned, but has no effect.</summary>
/// <param name="name">The name.</param>
/// <param name="default">The default: an <see cref="int"/> or a <see cref="bool"/>.</param>
/// <param name="doc">The documentation.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class StoredTopicSettingAttribute(string name, object @default, string doc) : Attribute
{
    /// <summary>Gets the name.</summary>
    public string Name { get; } = name;

    /// <summary>Gets the default.</summary>
    public object Default { get; } = @default;

    /// <summary>Gets the documentation.</summary>
    public string Doc { get; } = doc;

    /// <summary>Gets or sets the smallest value.</summary>
    public double Min { get; set; } = double.NaN;
}
