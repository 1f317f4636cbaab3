namespace Zurau;

/// <summary>An effective setting.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Source">The source of the value.</param>
public sealed record ConfigEntry(string Name, string Value, ConfigSource Source);
