namespace Zurau.Engine.Log;

/// <summary>
/// Sequence numbers of a producer's records in one partition: from 0 to 2147483647, then again
/// from 0.
/// </summary>
internal static class Sequence
{
    internal const int None = -1;

    /// <summary>
    /// The sequence of a batch's last record; <see cref="None"/> for a batch without sequences.
    /// </summary>
    internal static int Last(int baseSequence, int lastOffsetDelta) => baseSequence < 0 ? None : Add(baseSequence, lastOffsetDelta);

    internal static int Add(int sequence, int count) => (int)(((long)sequence + count) & int.MaxValue);

    /// <summary>The first sequence of a batch, computed from its last one.</summary>
    internal static int First(int lastSequence, int lastOffsetDelta) => lastSequence < 0 ? None : (int)(((long)lastSequence - lastOffsetDelta) & int.MaxValue);

    /// <summary>The sequence that must follow; 0 after <see cref="None"/>.</summary>
    internal static int Next(int lastSequence) => Add(lastSequence, 1);
}
