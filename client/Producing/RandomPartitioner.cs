namespace Zurau.Producing;

/// <summary>Draws a partition for each record.</summary>
internal sealed class RandomPartitioner(int seed) : IPartitioner
{
    // SplitMix64: its state is a counter, so that threads need no lock to draw from one seed.
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state = (ulong)seed;

    public int Choose(string topic, ReadOnlySpan<byte> key, bool isKeyNull, int partitionCount)
    {
        ulong mixed = Interlocked.Add(ref _state, Step);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)((mixed ^ (mixed >> 31)) % (ulong)partitionCount);
    }
}
