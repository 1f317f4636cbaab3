namespace Zurau.Engine;

/// <summary>
/// The answer to a fetch. Its bytes are slices of mapped segments and stay valid until it is disposed, also when the segment is
/// deleted meanwhile.
/// </summary>
public sealed class FetchResponse : IDisposable
{
    internal FetchResponse(IReadOnlyList<FetchedPartition> partitions) => Partitions = partitions;

    /// <summary>One entry for each partition that was asked for, in that order.</summary>
    public IReadOnlyList<FetchedPartition> Partitions { get; }

    /// <summary>Gives the segments back; the bytes must not be read afterwards.</summary>
    public void Dispose()
    {
        foreach (FetchedPartition partition in Partitions)
        {
            partition.Dispose();
        }
    }
}
