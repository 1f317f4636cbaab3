namespace Zurau.Serialization;

/// <summary>The one check of deserializers for values of fixed size.</summary>
internal static class FixedSize
{
    internal static void Check(ReadOnlySpan<byte> bytes, int size, string type)
    {
        if (bytes.Length != size)
        {
            throw new SerializationException($"{type} has {size} bytes, {bytes.Length} were read.", isKey: false);
        }
    }
}
