namespace Zurau.Engine.Common.Settings;

/// <summary>Declares that a topic may override a setting of the broker, and under which name. Type, default and range are the broker's.</summary>
/// <param name="name">The name of the topic setting.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TopicSettingAttribute(string name) : Attribute
{
    /// <summary>Gets the name of the topic setting.</summary>
    public string Name { get; } = name;

    /// <summary>Gets or sets the smallest value, if it is not the broker's.</summary>
    public double Min { get; set; } = double.NaN;

    /// <summary>Gets or sets the property of <c>LogSettings</c>, if it is not named like the setting.</summary>
    public string? Property { get; set; }
}
