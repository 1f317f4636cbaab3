using Zurau.Engine.Common;
using Zurau.Engine.Records;

namespace Zurau.Embedded.Producing.Batches;

/// <summary>Takes a batch apart that the log finds too large, into batches of at most half its size.</summary>
internal static class BatchSplitter
{
    /// <summary>
    /// Puts the pieces in a queue, in the order of their records. The last one takes over the memory that the batch has reserved, and its
    /// number, so that a flush waits for all of them. The batch itself is done with.
    /// </summary>
    internal static void Split(ProducerBatch batch, BatchMemory memory, int batchSize, ref BatchFifo pieces)
    {
        RecordBatchBuilder whole = batch.Builder;
        int pieceBytes = Math.Max(Math.Min(batchSize, whole.SizeBytes / 2), BatchLayout.HeaderSize);
        whole.Compression = default;
        _ = RecordBatchView.TryRead(whole.Build().Span, out RecordBatchView view);
        RecordReader records = view.Records();
        int firstOfPiece = 0;
        int completions = 0;
        ProducerBatch? piece = null;
        for (int i = 0; records.Read(); i++)
        {
            Headers? headers = records.HeaderCount == 0 ? null : records.Headers.ToHeaders();
            int bound = RecordBatchBuilder.SizeUpperBound(
                records.IsKeyNull ? -1 : records.Key.Length,
                records.IsValueNull ? -1 : records.Value.Length,
                RecordBatchBuilder.SizeOfHeaders(headers));
            if (piece is null || !piece.Builder.HasRoomFor(bound))
            {
                firstOfPiece = i;
                piece = memory.CreateWithin(Math.Max(pieceBytes, bound + BatchLayout.HeaderSize), reservedBytes: 0);
                piece.CopyTimes(batch);
                piece.Sequence = batch.Sequence - 1;
                pieces.Enqueue(piece);
            }

            piece.Builder.Append(records.Timestamp, records.Key, records.IsKeyNull, records.Value, records.IsValueNull, headers);
            for (; completions < batch.Completions.Count && batch.Completions[completions].Index == i; completions++)
            {
                piece.Completions.Add(batch.Completions[completions] with { Index = i - firstOfPiece });
            }
        }

        piece!.Sequence = batch.Sequence;
        piece.ReservedBytes = batch.ReservedBytes;
    }
}
