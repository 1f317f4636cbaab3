using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Reports an internal log that cannot be read to its end: without the rest, a
/// coordinator would return outdated state.
/// </summary>
internal static class DamagedLog
{
    /// <summary>Creates an exception that names the log, the offset and the remedy.</summary>
    internal static StorageException At(PartitionLog log, long offset, ErrorCode error) => At(log, offset, $"{error}", null);

    /// <summary>
    /// Creates the exception for a batch whose records cannot be decompressed or parsed.
    /// </summary>
    internal static StorageException At(PartitionLog log, long offset, InvalidRecordException exception) =>
        At(log, offset, $"{ErrorCode.CorruptMessage}: {exception.Message.TrimEnd('.')}", exception);

    /// <exception cref="StorageException">The batch's checksum does not match.</exception>
    internal static void ThrowIf(PartitionLog log, RecordBatchView batch)
    {
        if (!batch.IsCrcValid())
        {
            throw At(log, batch.BaseOffset, ErrorCode.CorruptMessage);
        }
    }

    private static StorageException At(PartitionLog log, long offset, string why, Exception? inner) => new(
        $"'{log.Directory}' cannot be read at offset {offset} ({why}): later records would be lost. Restore the folder from a backup, or move it away to start without its records.",
        inner: inner);
}
