namespace Zurau.Producing;

/// <summary>Asks a function.</summary>
internal sealed class DelegatePartitioner(PartitionerDelegate choose) : IPartitioner
{
    public int Choose(string topic, ReadOnlySpan<byte> key, bool isKeyNull, int partitionCount) => choose(topic, key, isKeyNull, partitionCount);
}
