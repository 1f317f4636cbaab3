using Zurau.Engine.Log;

namespace Zurau.Engine.Topics;

/// <summary>A topic that is open.</summary>
/// <param name="Description">Its description.</param>
/// <param name="Partitions">Its partitions by number.</param>
internal sealed record Topic(TopicDescription Description, Partition[] Partitions)
{
    /// <summary>The logs of the online partitions.</summary>
    internal IEnumerable<PartitionLog> Logs => Partitions.Select(static partition => partition.Log).OfType<PartitionLog>();
}
