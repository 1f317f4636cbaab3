namespace Zurau.Producing;

/// <summary>Who wants to hear about one record of a batch.</summary>
/// <param name="Target">A callback (<c>Action&lt;RecordMetadata, Exception?&gt;</c>) or a <see cref="PendingSend"/>.</param>
/// <param name="Index">The record's place in its batch, which is its offset minus the batch's base offset.</param>
/// <param name="TimestampMs">The record's own timestamp.</param>
internal readonly record struct RecordCompletion(object Target, int Index, long TimestampMs);
