using System.Runtime.CompilerServices;

namespace Zurau.Engine.Log;

/// <summary>
/// The last five batches of one producer in one partition, of one epoch: as many as Kafka's
/// clients have in flight, so a retry is among them. Belongs to the holder of the producer's
/// lock, or to recovery.
/// </summary>
internal struct RecentBatches
{
    private const int Capacity = 5;
    private Ring _ring;
    private int _next;
    private int _count;

    internal readonly bool IsEmpty => _count == 0;

    internal void Add(AppendedBatch batch)
    {
        _ring[_next] = batch;
        _next = (_next + 1) % Capacity;
        _count = Math.Min(_count + 1, Capacity);
    }

    internal void Clear() => _count = 0;

    internal readonly bool TryFind(int firstSequence, int lastSequence, out AppendedBatch found)
    {
        for (int i = 1; i <= _count; i++)
        {
            found = _ring[(_next + Capacity - i) % Capacity];
            if (found.FirstSequence == firstSequence && found.LastSequence == lastSequence)
            {
                return true;
            }
        }

        found = default;
        return false;
    }

    [InlineArray(Capacity)]
    private struct Ring
    {
        private AppendedBatch _first;
    }
}
