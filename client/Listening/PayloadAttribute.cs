namespace Zurau;

/// <summary>Marks the parameter that takes the record's value, where it is not the first free one.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class PayloadAttribute : Attribute;
