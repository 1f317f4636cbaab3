namespace Zurau.Engine.Records;

/// <summary>Summarizes a batch's records for the log: timestamps and keys.</summary>
/// <param name="MinTimestamp">The smallest timestamp of the records that have one, in
/// milliseconds; -1 if none has.</param>
/// <param name="MaxTimestamp">The largest timestamp, in milliseconds.</param>
/// <param name="Keyless">Index of the first record without a key; -1 if all records
/// have one.</param>
internal readonly record struct BatchFacts(long MinTimestamp, long MaxTimestamp, int Keyless)
{
    internal const long NoTimestamp = -1;
}
