using Zurau.Serialization;

namespace Zurau;

/// <summary>Finds the deserializer of a type. Thread-safe.</summary>
public static class Deserializers
{
    /// <summary>
    /// Returns the deserializer of a type; formats are those of
    /// <see cref="Serializers.For{T}"/>.
    /// </summary>
    public static IDeserializer<T> For<T>() => Cache<T>.Instance;

    private static class Cache<T>
    {
        internal static readonly IDeserializer<T> Instance =
            (IDeserializer<T>?)BuiltInSerdes.Find(typeof(T)) ?? new KafkaJsonDeserializer<T>();
    }
}
