namespace Zurau;

/// <summary>A setting as it counts.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Source">Where that comes from.</param>
public sealed record ConfigEntry(string Name, string Value, ConfigSource Source);
