using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// A producer's batch in the log: identifies a retry of the batch and holds its result.
/// </summary>
/// <param name="FirstSequence">Sequence of its first record.</param>
/// <param name="LastSequence">Sequence of its last record.</param>
/// <param name="BaseOffset">Offset of its first record.</param>
/// <param name="EndOffset">The exclusive end offset: that of its last record plus one.</param>
/// <param name="AppendTimeMs">The log append time for topics with LogAppendTime, else -1.</param>
internal readonly record struct AppendedBatch(int FirstSequence, int LastSequence, long BaseOffset, long EndOffset, long AppendTimeMs)
{
    internal static AppendedBatch Of(RecordBatchView batch, long baseOffset, long appendTimeMs) => new(
        batch.BaseSequence,
        Sequence.Last(batch.BaseSequence, batch.LastOffsetDelta),
        baseOffset,
        baseOffset + batch.LastOffsetDelta + 1,
        appendTimeMs);
}
