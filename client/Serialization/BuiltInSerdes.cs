namespace Zurau.Serialization;

/// <summary>The table of types that have a format of Kafka's own; every other type is JSON.</summary>
internal static class BuiltInSerdes
{
    private static readonly Dictionary<Type, object> s_byType = Create();

    internal static object? Find(Type type) => s_byType.GetValueOrDefault(type);

    private static Dictionary<Type, object> Create()
    {
        var table = new Dictionary<Type, object>
        {
            [typeof(string)] = new StringSerde(),
            [typeof(byte[])] = new ByteArraySerde(),
            [typeof(Null)] = new NullSerde(),
        };
        Add<FixedSizeSerde<short, short>, short>(table, new());
        Add<FixedSizeSerde<int, int>, int>(table, new());
        Add<FixedSizeSerde<long, long>, long>(table, new());
        Add<FixedSizeSerde<float, int>, float>(table, new());
        Add<FixedSizeSerde<double, long>, double>(table, new());
        Add<GuidSerde, Guid>(table, new());
        Add<MemorySerde, ReadOnlyMemory<byte>>(table, new());
        return table;
    }

    private static void Add<TSerde, T>(Dictionary<Type, object> table, TSerde serde)
        where TSerde : ISerializer<T>, IDeserializer<T>
        where T : struct
    {
        table[typeof(T)] = serde;
        table[typeof(T?)] = new NullableSerde<T>(serde, serde);
    }
}
