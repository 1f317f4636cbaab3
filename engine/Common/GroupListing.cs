namespace Zurau;

/// <summary>A group in a list.</summary>
/// <param name="GroupId">The id.</param>
/// <param name="ProtocolType">What its members use it for, such as <c>consumer</c>;
/// empty for a group that only stores offsets.</param>
/// <param name="State">Its state.</param>
public sealed record GroupListing(string GroupId, string ProtocolType, GroupState State);
