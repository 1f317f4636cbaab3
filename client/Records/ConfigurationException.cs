namespace Zurau;

/// <summary>
/// A setting or declaration is invalid; the message names it, its value and the remedy
/// in one line.
/// </summary>
public sealed class ConfigurationException(string message) : Exception(message);
