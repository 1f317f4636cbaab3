using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Zurau;

/// <summary>Reads values from JSON (UTF-8) with System.Text.Json. Thread-safe.</summary>
public sealed class KafkaJsonDeserializer<T> : IDeserializer<T>
{
    private readonly JsonSerializerOptions _options;
    private readonly JsonTypeInfo<T>? _typeInfo;

    /// <summary>Reads with these options; default <see cref="JsonSerializerDefaults.Web"/>.</summary>
    public KafkaJsonDeserializer(JsonSerializerOptions? options = null) => _options = options ?? JsonSerializerOptions.Web;

    /// <summary>Reads with a source-generated contract, which requires no reflection.</summary>
    public KafkaJsonDeserializer(JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        _typeInfo = typeInfo;
        _options = typeInfo.Options;
    }

    /// <inheritdoc/>
    /// <exception cref="SerializationException">The bytes are not valid JSON of this
    /// type.</exception>
    public T Deserialize(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return (_typeInfo is null ? JsonSerializer.Deserialize<T>(bytes, _options) : JsonSerializer.Deserialize(bytes, _typeInfo))!;
        }
        catch (Exception exception) when (
            exception is JsonException or NotSupportedException or InvalidOperationException or ArgumentException)
        {
            throw new SerializationException(
                $"The {bytes.Length} bytes are not the JSON of {typeof(T).Name}: {exception.Message}",
                isKey: false,
                exception);
        }
    }
}
