using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>
/// A marker that was missing at startup and could not be written yet. Until it is
/// written, read_committed readers stop at the open transaction, and the transactional
/// id refuses requests.
/// </summary>
/// <param name="Partition">The partition without the marker.</param>
/// <param name="TopicId">The topic's id: the marker must not be written to another
/// topic of that name.</param>
/// <param name="Marker">The marker.</param>
internal readonly record struct OwedMarker(TopicPartition Partition, Guid TopicId, TransactionMarker Marker);
