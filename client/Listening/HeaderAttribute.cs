namespace Zurau;

/// <summary>
/// Binds a parameter to a header or to what is known of the record, by a name of <see cref="KafkaHeaders"/> or the producer's own.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class HeaderAttribute(string name) : Attribute
{
    /// <summary>The header's name.</summary>
    public string Name { get; } = name;

    /// <summary>
    /// Whether a missing header fails the record (without retry). A nullable parameter or one with a default value is never required.
    /// </summary>
    public bool Required { get; set; } = true;
}
