using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Coordination;

/// <summary>Reads the log of an internal topic at startup, from its start to its end.</summary>
internal static class InternalRead
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>Called with each batch, in order.</summary>
    internal delegate void Replay(RecordBatchView batch);

    /// <exception cref="StorageException">The log cannot be read to its end: a coordinator
    /// without the rest would return outdated state.</exception>
    internal static void All(PartitionLog log, Replay replay)
    {
        long offset = log.LogStartOffset;
        ErrorCode error;
        while ((error = log.Reader.Read(offset, MaxBytes, null, out RecordLease? lease, out _)) == ErrorCode.None && lease is not null)
        {
            try
            {
                offset = Batches(log, lease.Bytes.Span, replay);
            }
            catch (InvalidRecordException exception)
            {
                throw DamagedLog.At(log, offset, exception);
            }
            finally
            {
                lease.Release();
            }
        }

        if (error != ErrorCode.None)
        {
            throw DamagedLog.At(log, offset, error);
        }
    }

    /// <summary>Returns the exclusive end offset of the batches.</summary>
    private static long Batches(PartitionLog log, ReadOnlySpan<byte> bytes, Replay replay)
    {
        long next = -1;
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            DamagedLog.ThrowIf(log, batch);
            replay(batch);
            next = batch.LastOffset + 1;
            bytes = bytes[batch.SizeBytes..];
        }

        return next;
    }
}
