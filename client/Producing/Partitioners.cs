namespace Zurau.Producing;

/// <summary>Makes the partitioner that settings ask for.</summary>
internal static class Partitioners
{
    internal static IPartitioner For(ProducerOptions options, int randomSeed) => options.CustomPartitioner
        ?? (options.PartitionerFunction is { } choose ? new DelegatePartitioner(choose) : For(options.Partitioner, randomSeed));

    private static IPartitioner For(PartitionerType type, int randomSeed) => type switch
    {
        PartitionerType.RoundRobin => new RoundRobinPartitioner(),
        PartitionerType.Random => new RandomPartitioner(randomSeed),
        PartitionerType.Consistent => new HashPartitioner(KeyHash.Crc32, isNullAny: false, isEmptyAny: false),
        PartitionerType.ConsistentRandom => new HashPartitioner(KeyHash.Crc32, isNullAny: true, isEmptyAny: true),
        PartitionerType.Murmur2 => new HashPartitioner(Murmur2.Positive, isNullAny: false, isEmptyAny: false),
        PartitionerType.Fnv1a => new HashPartitioner(KeyHash.Fnv1a, isNullAny: false, isEmptyAny: false),
        PartitionerType.Fnv1aRandom => new HashPartitioner(KeyHash.Fnv1a, isNullAny: true, isEmptyAny: false),
        _ => new HashPartitioner(Murmur2.Positive, isNullAny: true, isEmptyAny: false),
    };
}
