namespace Zurau;

/// <summary>Marks the parameter that takes the record's key.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class KeyAttribute : Attribute;
