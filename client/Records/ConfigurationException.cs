namespace Zurau;

/// <summary>A setting or declaration is wrong: one line that names it, its value and what to write instead.</summary>
public sealed class ConfigurationException(string message) : Exception(message);
