namespace Zurau;

/// <summary>Deserializes values. Implementations must be thread-safe.</summary>
public interface IDeserializer<out T>
{
    /// <summary>
    /// Deserializes bytes that are not null; they are valid only during the call. Throws if
    /// they are invalid.
    /// </summary>
    T Deserialize(ReadOnlySpan<byte> bytes);
}
