using Zurau.Transport;

namespace Zurau.Embedded.Producing.Batches;

/// <summary>Receives the result of one record of a batch.</summary>
/// <param name="Completion">Its receiver.</param>
/// <param name="Index">The record's place in its batch, which is its offset minus the batch's base offset.</param>
/// <param name="TimestampMs">The record's own timestamp.</param>
internal readonly record struct RecordCompletion(SendCompletion Completion, int Index, long TimestampMs);
