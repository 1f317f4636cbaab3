namespace Zurau.Engine.Records;

/// <summary>What a log wants to know of a batch's records besides that they are well formed.</summary>
/// <param name="MinTimestamp">The smallest timestamp of those records that have one, in milliseconds; -1 where none has.</param>
/// <param name="MaxTimestamp">The largest timestamp, in milliseconds.</param>
/// <param name="Keyless">Index of the first record without a key; -1 where all have one.</param>
internal readonly record struct BatchFacts(long MinTimestamp, long MaxTimestamp, int Keyless)
{
    internal const long NoTimestamp = -1;
}
