using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Zurau.Producing;

/// <summary>Takes each partition of a topic in turn, whatever the key.</summary>
internal sealed class RoundRobinPartitioner : IPartitioner
{
    private readonly ConcurrentDictionary<string, StrongBox<int>> _next = new();

    public int Choose(string topic, ReadOnlySpan<byte> key, bool isKeyNull, int partitionCount)
    {
        StrongBox<int> next = _next.GetOrAdd(topic, static _ => new StrongBox<int>(-1));
        return (int)((uint)Interlocked.Increment(ref next.Value) % (uint)partitionCount);
    }
}
