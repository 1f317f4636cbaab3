using Zurau;
using Zurau.Engine.Records;

namespace Client.Tests.Support;

/// <summary>
/// A fake partition's state of one producer: an independent implementation of Kafka's
/// rules for sequences.
/// </summary>
internal sealed class FakeSequences
{
    private readonly List<(int Sequence, int Count, long Offset)> _recent = [];
    private int _epoch = -1;
    private int _next;

    /// <summary>True for a batch to append; a duplicate gets the offset of the first.</summary>
    internal bool Check(RecordBatchView batch, ref long offset, out ErrorCode error)
    {
        int index = batch.ProducerEpoch == _epoch ? _recent.FindLastIndex(Matches(batch.BaseSequence, batch.RecordsCount)) : -1;
        error = index >= 0 ? ErrorCode.None
            : batch.ProducerEpoch < _epoch ? ErrorCode.InvalidProducerEpoch
            : batch.BaseSequence != (batch.ProducerEpoch == _epoch ? _next : 0) ? ErrorCode.OutOfOrderSequenceNumber
            : ErrorCode.None;
        if (index >= 0)
        {
            offset = _recent[index].Offset;
        }

        if (index >= 0 || error != ErrorCode.None)
        {
            return false;
        }

        if (batch.ProducerEpoch != _epoch)
        {
            _recent.Clear();
            _epoch = batch.ProducerEpoch;
        }

        _next = batch.BaseSequence + batch.RecordsCount;
        _recent.Add((batch.BaseSequence, batch.RecordsCount, offset));
        if (_recent.Count > 5)
        {
            _recent.RemoveAt(0);
        }

        return true;
    }

    private static Predicate<(int Sequence, int Count, long Offset)> Matches(int sequence, int count) => batch => batch.Sequence == sequence && batch.Count == count;
}
