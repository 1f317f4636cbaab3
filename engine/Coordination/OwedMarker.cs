using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>
/// A marker that a startup found missing and could not write yet. Until it is written, readers of committed records stay before the open
/// transaction, and the transactional id accepts no request.
/// </summary>
/// <param name="Partition">Where it is missing.</param>
/// <param name="TopicId">The topic's id: the marker is written into no other topic of that name.</param>
/// <param name="Marker">The marker.</param>
internal readonly record struct OwedMarker(TopicPartition Partition, Guid TopicId, TransactionMarker Marker);
