namespace Zurau;

/// <summary>A change of one topic setting.</summary>
/// <param name="Name">The setting's name, such as <c>retention.ms</c>.</param>
/// <param name="Value">Its value, or words of a list; ignored if the setting is
/// deleted.</param>
/// <param name="Operation">The operation.</param>
public sealed record ConfigChange(string Name, string? Value, ConfigOperation Operation = ConfigOperation.Set);
