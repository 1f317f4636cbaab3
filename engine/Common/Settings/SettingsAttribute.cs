namespace Zurau.Engine.Common.Settings;

/// <summary>Marks a class whose properties declare settings. It is partial: the build adds its <see cref="SettingTable{TOptions}"/>.</summary>
/// <param name="scope">Whose settings they are: broker, producer, consumer, listener and so on.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SettingsAttribute(string scope) : Attribute
{
    /// <summary>Gets whose settings they are.</summary>
    public string Scope { get; } = scope;
}
