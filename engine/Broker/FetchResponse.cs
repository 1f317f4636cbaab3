namespace Zurau.Engine;

/// <summary>
/// The response to a fetch. Its bytes are slices of mapped segments and stay valid
/// until it is disposed, even if a segment is deleted.
/// </summary>
public sealed class FetchResponse : IDisposable
{
    internal FetchResponse(IReadOnlyList<FetchedPartition> partitions) => Partitions = partitions;

    /// <summary>Gets one entry per requested partition, in that order.</summary>
    public IReadOnlyList<FetchedPartition> Partitions { get; }

    /// <summary>Releases the segments; the bytes must not be read afterwards.</summary>
    public void Dispose()
    {
        foreach (FetchedPartition partition in Partitions)
        {
            partition.Dispose();
        }
    }
}
