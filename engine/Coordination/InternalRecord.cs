using Zurau.Engine.Records;

namespace Zurau.Engine.Coordination;

/// <summary>A record of an internal topic.</summary>
/// <param name="Key">What it is about.</param>
/// <param name="Value">What counts from now on; null is a tombstone.</param>
internal readonly record struct InternalRecord(byte[] Key, byte[]? Value)
{
    /// <summary>The most bytes that it needs in a batch.</summary>
    internal int SizeUpperBound => RecordBatchBuilder.SizeUpperBound(Key.Length, Value?.Length ?? -1, 1);
}
