namespace Orders;

/// <summary>The last line of a source that is in the topic.</summary>
/// <param name="Line">Its number; 0 for none.</param>
/// <param name="Order">The order in it.</param>
internal sealed record ResumePoint(long Line, Order? Order)
{
    /// <summary>Nothing was published from the source.</summary>
    public static ResumePoint Beginning { get; } = new(0, null);
}
