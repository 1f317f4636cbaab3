using System.Buffers;

namespace Zurau.Serialization;

/// <summary>The nullable form of a value type: null is Kafka's null and never comes here.</summary>
internal sealed class NullableSerde<T>(
    ISerializer<T> serializer,
    IDeserializer<T> deserializer) : ISerializer<T?>, IDeserializer<T?>, IBuiltInSerializer
    where T : struct
{
    /// <inheritdoc/>
    public int SizeOf(T? value) => serializer.SizeOf(value.GetValueOrDefault());

    /// <inheritdoc/>
    public void Serialize(T? value, IBufferWriter<byte> destination) => serializer.Serialize(value.GetValueOrDefault(), destination);

    /// <inheritdoc/>
    public T? Deserialize(ReadOnlySpan<byte> bytes) => deserializer.Deserialize(bytes);
}
