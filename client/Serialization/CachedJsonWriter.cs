using System.Buffers;
using System.Text.Json;

namespace Zurau.Serialization;

/// <summary>
/// Keeps one JSON writer a thread, so that serializing allocates none. A serializer that is called from within another one's
/// converter finds the slot empty and gets a writer of its own.
/// </summary>
internal static class CachedJsonWriter
{
    private static readonly ArrayBufferWriter<byte> s_nothing = new(1);

    [ThreadStatic]
    private static Utf8JsonWriter? s_writer;

    [ThreadStatic]
    private static JsonSerializerOptions? s_options;

    internal static Utf8JsonWriter Rent(IBufferWriter<byte> destination, JsonSerializerOptions options)
    {
        Utf8JsonWriter? writer = s_writer;
        if (writer is null || s_options != options)
        {
            return new Utf8JsonWriter(destination, new JsonWriterOptions
            {
                Encoder = options.Encoder,
                Indented = options.WriteIndented,
                MaxDepth = options.MaxDepth,
                SkipValidation = true,
            });
        }

        s_writer = null;
        writer.Reset(destination);
        return writer;
    }

    internal static void Return(Utf8JsonWriter writer, JsonSerializerOptions options)
    {
        // Detached from the caller's buffer, which is reused for other records.
        writer.Reset(s_nothing);
        s_writer = writer;
        s_options = options;
    }
}
