using System.Buffers.Binary;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;

namespace Zurau.Simulation;

/// <summary>
/// Reads committed records of one partition as a table does: keeps the last record of
/// every key.
/// </summary>
internal sealed class CompactedReader(ProcessRun run, CompactionModel model, int partition, long from)
{
    private readonly Dictionary<int, CompactedRecord> _last = [];
    private readonly HashSet<long> _aborting = [];
    private readonly long _from = from;
    private long _position = from;

    internal bool IsOutOfRange { get; private set; }

    /// <summary>Reads once; returns false at the end of the committed records.</summary>
    internal bool Read(int maxBytes)
    {
        CompactedPartition known = model.Partitions[partition];
        using FetchResponse response = TransactionReader.Fetch(run, partition, _position, maxBytes, 0);
        FetchedPartition answer = response.Partitions[0];
        if (answer.Error == ErrorCode.OffsetOutOfRange && answer.LogStartOffset > _position)
        {
            IsOutOfRange = true; // The records at its position were deleted.
            return false;
        }

        if (answer.Error != ErrorCode.None && run.Owner.HadFaults)
        {
            IsOutOfRange = true;
            return false;
        }

        if (answer.Error != ErrorCode.None)
        {
            throw known.Anomaly($"offset {_position} cannot be read: {answer.Error}");
        }

        long before = _position;
        Take(known, answer);
        byte[] seen = answer.Records.ToArray();
        run.World.Step(StepPoint.Operation, "lease held"); // Other actors clean and delete.
        if (!answer.Records.Span.SequenceEqual(seen))
        {
            throw known.Anomaly($"bytes read from offset {before} changed while they were leased (C13)");
        }

        if (_position == before && answer.LastStableOffset > before)
        {
            // No record is left below the last stable offset.
            _position = answer.Records.Length == 0 ? answer.LastStableOffset : throw known.Anomaly($"a reader does not advance from offset {before}, although the last stable offset is {answer.LastStableOffset}");
        }

        return _position < answer.LastStableOffset;
    }

    internal void ReadToEnd(int maxBytes, string reader)
    {
        while (Read(maxBytes))
        {
        }

        if (!IsOutOfRange)
        {
            model.Partitions[partition].CheckReader(_from, _position, _last, reader);
        }
    }

    private void Take(CompactedPartition known, FetchedPartition answer)
    {
        var ahead = new Queue<AbortedTransactionRange>((answer.AbortedTransactions ?? []).OrderBy(static aborted => aborted.FirstOffset));
        _aborting.Clear();
        ReadOnlySpan<byte> bytes = answer.Records.Span;
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            bytes = bytes[batch.SizeBytes..];
            if (!batch.IsCrcValid())
            {
                throw known.Anomaly($"a batch with a wrong checksum is at offset {batch.BaseOffset}");
            }

            while (ahead.TryPeek(out AbortedTransactionRange first) && first.FirstOffset <= batch.LastOffset)
            {
                _aborting.Add(ahead.Dequeue().ProducerId);
            }

            if (batch.IsControl)
            {
                var marker = batch.Records();
                _ = marker.Read() && BinaryPrimitives.ReadInt16BigEndian(marker.Key[2..]) == 0 && _aborting.Remove(batch.ProducerId);
            }
            else if (!batch.IsTransactional || !_aborting.Contains(batch.ProducerId))
            {
                Take(known, batch);
            }

            _position = Math.Max(_position, batch.LastOffset + 1);
        }
    }

    private void Take(CompactedPartition known, RecordBatchView batch)
    {
        RecordReader records = batch.Records();
        while (records.Read())
        {
            if (records.Offset >= _position)
            {
                int id = (int)(records.Timestamp - CompactionWorker.FirstTimestamp);
                int key = BinaryPrimitives.ReadInt32BigEndian(records.Key);
                known.NoteRead(id, records.Offset, key, records.IsValueNull);
                _last[key] = model[id];
            }
        }
    }
}
