namespace Zurau.Embedded.Producing;

/// <summary>The partition that takes a topic's records without a key for now.</summary>
internal sealed class StickyPartition(int partition)
{
    internal int Partition { get; } = partition;

    /// <summary>Upper bound of the bytes it took; written under the lock of that partition's queue only.</summary>
    internal long ProducedBytes { get; set; }
}
