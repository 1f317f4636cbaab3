namespace Zurau;

/// <summary>Chooses a partition like <see cref="IPartitioner.Choose"/>.</summary>
public delegate int PartitionerDelegate(string topic, ReadOnlySpan<byte> key, bool isKeyNull, int partitionCount);
