using System.Buffers;
using System.Buffers.Text;

namespace Zurau.Serialization;

/// <summary>Guids as their 36 lower-case characters with dashes, as Kafka's UUIDSerializer writes them.</summary>
internal sealed class GuidSerde : ISerializer<Guid>, IDeserializer<Guid>, IBuiltInSerializer
{
    private const int TextSize = 36;

    /// <inheritdoc/>
    public int SizeOf(Guid value) => TextSize;

    /// <inheritdoc/>
    public void Serialize(Guid value, IBufferWriter<byte> destination)
    {
        value.TryFormat(destination.GetSpan(TextSize), out int written, "D");
        destination.Advance(written);
    }

    /// <inheritdoc/>
    public Guid Deserialize(ReadOnlySpan<byte> bytes)
    {
        ValueSize.Check(bytes, TextSize, nameof(Guid));
        return Utf8Parser.TryParse(bytes, out Guid value, out int consumed, 'D') && consumed == TextSize
            ? value
            : throw new SerializationException("The 36 bytes are not a Guid's text with dashes.", isKey: false);
    }
}
