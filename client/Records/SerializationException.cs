namespace Zurau;

/// <summary>A key or value could not be serialized or deserialized.</summary>
public class SerializationException(string message, bool isKey, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Gets whether it was the key.</summary>
    public bool IsKey { get; } = isKey;
}
