using Zurau;

namespace Engine.Tests.Log;

/// <summary>
/// Kafka's rules for batches of producers, over a list: a batch that is among the last
/// five is a duplicate; an older epoch is fenced; the first batch of an epoch has
/// sequence 0, unless the producer is unknown; within an epoch sequences follow each
/// other, and 0 follows the largest.
/// </summary>
internal sealed class ProducersModel
{
    internal const int Producers = 3;
    private const int Kept = 5;
    private readonly Known?[] _producers = new Known?[Producers];

    internal long End { get; private set; }

    /// <summary>The producer's epoch; null where nothing of it was appended.</summary>
    internal short? EpochOf(int producer) => _producers[producer]?.Epoch;

    /// <summary>The sequence that follows its last one; 0 where nothing of it was appended.</summary>
    internal int NextOf(int producer) => _producers[producer] is { } known ? Add(known.LastSequence, 1) : 0;

    /// <summary>First sequence and size of the batches that were appended in its epoch.</summary>
    internal IReadOnlyList<(int First, int Count, long Offset)> BatchesOf(int producer) => _producers[producer]?.Batches ?? [];

    internal (ErrorCode Error, long Offset) Append(int producer, short epoch, int sequence, int count)
    {
        int last = Add(sequence, count - 1);
        Known? known = _producers[producer];
        if (known is not null && known.Epoch == epoch)
        {
            foreach ((int first, int size, long original) in known.Batches.TakeLast(Kept))
            {
                if (first == sequence && Add(first, size - 1) == last)
                {
                    return (ErrorCode.None, original);
                }
            }
        }

        if (known is not null && epoch < known.Epoch)
        {
            return (ErrorCode.InvalidProducerEpoch, -1);
        }

        if (known is not null && sequence != (epoch == known.Epoch ? Add(known.LastSequence, 1) : 0))
        {
            return (ErrorCode.OutOfOrderSequenceNumber, -1);
        }

        known = known?.Epoch == epoch ? known : _producers[producer] = new Known(epoch);
        known.Batches.Add((sequence, count, End));
        known.LastSequence = last;
        long offset = End;
        End += count;
        return (ErrorCode.None, offset);
    }

    /// <summary>A sequence some steps on; after the largest comes 0.</summary>
    internal static int Add(int sequence, int count) => (int)((sequence + count + (1L << 31)) % (1L << 31));

    private sealed class Known(short epoch)
    {
        internal short Epoch { get; } = epoch;

        internal int LastSequence { get; set; }

        internal List<(int First, int Count, long Offset)> Batches { get; } = [];
    }
}
