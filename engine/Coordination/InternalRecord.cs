using Zurau.Engine.Records;

namespace Zurau.Engine.Coordination;

/// <summary>A record of an internal topic.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The new value; null is a tombstone.</param>
internal readonly record struct InternalRecord(byte[] Key, byte[]? Value)
{
    /// <summary>Its maximum size in a batch, in bytes.</summary>
    internal int SizeUpperBound => RecordBatchBuilder.SizeUpperBound(Key.Length, Value?.Length ?? -1, 1);
}
