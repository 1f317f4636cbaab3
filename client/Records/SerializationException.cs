namespace Zurau;

/// <summary>A key or value could not be turned into bytes or back.</summary>
public class SerializationException(string message, bool isKey, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True when it was the key.</summary>
    public bool IsKey { get; } = isKey;
}
