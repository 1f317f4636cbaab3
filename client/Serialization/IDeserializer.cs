namespace Zurau;

/// <summary>Turns bytes back into a value. Implementations are thread-safe.</summary>
public interface IDeserializer<out T>
{
    /// <summary>Reads a value from bytes that are not null; they are valid only during the call. Throws where they make no sense.</summary>
    T Deserialize(ReadOnlySpan<byte> bytes);
}
