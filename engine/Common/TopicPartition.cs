namespace Zurau;

/// <summary>Names one partition of one topic.</summary>
/// <param name="Topic">Topic name: 1 to 249 characters of <c>[a-zA-Z0-9._-]</c>.</param>
/// <param name="Partition">Partition number, from 0.</param>
public readonly record struct TopicPartition(string Topic, int Partition)
{
    /// <summary>
    /// Returns <c>topic-partition</c>, which is also the partition's folder name on disk.
    /// </summary>
    public override string ToString() => $"{Topic}-{Partition}";
}
