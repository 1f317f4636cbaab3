using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Zurau.Serialization;

namespace Zurau;

/// <summary>Writes values as JSON (UTF-8) with System.Text.Json. Thread-safe.</summary>
public sealed class KafkaJsonSerializer<T> : ISerializer<T>
{
    private readonly JsonSerializerOptions _options;
    private readonly JsonTypeInfo<T>? _typeInfo;

    /// <summary>Writes with these options; default <see cref="JsonSerializerDefaults.Web"/>.</summary>
    public KafkaJsonSerializer(JsonSerializerOptions? options = null) => _options = options ?? JsonSerializerOptions.Web;

    /// <summary>
    /// Writes with a source-generated contract, which requires no reflection.
    /// </summary>
    public KafkaJsonSerializer(JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        _typeInfo = typeInfo;
        _options = typeInfo.Options;
    }

    /// <inheritdoc/>
    /// <exception cref="SerializationException">The value cannot be written as JSON.</exception>
    public void Serialize(T value, IBufferWriter<byte> destination)
    {
        Utf8JsonWriter writer = CachedJsonWriter.Rent(destination, _options);
        try
        {
            if (_typeInfo is null)
            {
                JsonSerializer.Serialize(writer, value, _options);
            }
            else
            {
                JsonSerializer.Serialize(writer, value, _typeInfo);
            }
        }
        catch (Exception exception) when (
            exception is JsonException or NotSupportedException or InvalidOperationException or ArgumentException)
        {
            throw new SerializationException($"{typeof(T).Name} cannot be written as JSON: {exception.Message}", isKey: false, exception);
        }
        finally
        {
            CachedJsonWriter.Return(writer, _options);
        }
    }
}
