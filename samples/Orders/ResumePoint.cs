namespace Orders;

/// <summary>The lines of a source that are in the topic.</summary>
/// <param name="Line">The number of the last one; 0 for none.</param>
/// <param name="Order">The order in it.</param>
/// <param name="Published">
/// The numbers of all of them. A kill can leave gaps: the partitions are written independently, so the end of one may be
/// lines before the end of another.
/// </param>
internal sealed record ResumePoint(long Line, Order? Order, IReadOnlySet<long> Published)
{
    /// <summary>Nothing was published from the source.</summary>
    public static ResumePoint Beginning { get; } = new(0, null, new HashSet<long>());
}
