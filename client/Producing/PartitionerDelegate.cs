namespace Zurau;

/// <summary>Chooses a partition, as <see cref="IPartitioner.Choose"/> does.</summary>
public delegate int PartitionerDelegate(string topic, ReadOnlySpan<byte> key, bool isKeyNull, int partitionCount);
