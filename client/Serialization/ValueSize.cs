namespace Zurau.Serialization;

/// <summary>Checks the size of values that have a fixed one.</summary>
internal static class ValueSize
{
    internal static void Check(ReadOnlySpan<byte> bytes, int size, string type)
    {
        if (bytes.Length != size)
        {
            throw new SerializationException($"{type} has {size} bytes, {bytes.Length} were read.", isKey: false);
        }
    }
}
