using System.Buffers;
using System.Text;

namespace Zurau.Serialization;

/// <summary>Strings as UTF-8, as Kafka's StringSerializer writes them.</summary>
internal sealed class StringSerde : ISerializer<string>, IDeserializer<string>, IBuiltInSerializer
{
    /// <inheritdoc/>
    public int SizeOf(string value) => Encoding.UTF8.GetByteCount(value);

    /// <inheritdoc/>
    public void Serialize(string value, IBufferWriter<byte> destination) => Encoding.UTF8.GetBytes(value, destination);

    /// <inheritdoc/>
    public string Deserialize(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
