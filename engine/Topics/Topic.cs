using Zurau.Engine.Log;

namespace Zurau.Engine.Topics;

/// <summary>A topic that is open.</summary>
/// <param name="Description">What it is.</param>
/// <param name="Partitions">Its partitions by number.</param>
internal sealed record Topic(TopicDescription Description, Partition[] Partitions)
{
    /// <summary>The logs of the partitions that could be opened.</summary>
    internal IEnumerable<PartitionLog> Logs => Partitions.Select(static partition => partition.Log).OfType<PartitionLog>();
}
