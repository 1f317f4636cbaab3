namespace Zurau;

/// <summary>The built-in ways to choose a partition for a record that names none (<c>partitioner</c>), by librdkafka's names.</summary>
public enum PartitionerType
{
    /// <summary>As the Java client: murmur2 of the key, also of an empty one; without a key a partition that changes from batch to batch.</summary>
    Default,

    /// <summary>Each partition in turn, whatever the key (Java's <c>RoundRobinPartitioner</c>).</summary>
    RoundRobin,

    /// <summary>By chance, for each record anew.</summary>
    Random,

    /// <summary>CRC-32 of the key; a null key counts as an empty one.</summary>
    Consistent,

    /// <summary>CRC-32 of the key; a null or empty key is sent anywhere. The default of librdkafka and Confluent's clients.</summary>
    ConsistentRandom,

    /// <summary>murmur2 of the key; a null key counts as an empty one.</summary>
    Murmur2,

    /// <summary>murmur2 of the key; a null key is sent anywhere. The same as <see cref="Default"/>.</summary>
    Murmur2Random,

    /// <summary>FNV-1a of the key; a null key counts as an empty one.</summary>
    Fnv1a,

    /// <summary>FNV-1a of the key; a null key is sent anywhere.</summary>
    Fnv1aRandom,
}
