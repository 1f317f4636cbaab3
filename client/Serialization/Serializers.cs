using Zurau.Serialization;

namespace Zurau;

/// <summary>Finds the serializer of a type. Thread-safe.</summary>
public static class Serializers
{
    /// <summary>
    /// Returns the serializer of a type: <c>string</c> (UTF-8), <c>short</c>, <c>int</c>,
    /// <c>long</c>, <c>float</c> and <c>double</c> (big-endian), <c>Guid</c> (36
    /// characters), <c>byte[]</c> and <c>ReadOnlyMemory&lt;byte&gt;</c> (unchanged) in the
    /// formats of Kafka's Java serializers, their nullable forms, <see cref="Null"/>, and
    /// JSON for all other types.
    /// </summary>
    public static ISerializer<T> For<T>() => Cache<T>.Instance;

    private static class Cache<T>
    {
        internal static readonly ISerializer<T> Instance = (ISerializer<T>?)BuiltInSerdes.Find(typeof(T)) ?? new KafkaJsonSerializer<T>();
    }
}
