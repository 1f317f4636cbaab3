using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Coordination;

/// <summary>An internal log that cannot be read to its end: a coordinator that went on without the rest would answer from an old state.</summary>
internal static class DamagedLog
{
    /// <summary>Names the log and the offset, and says what to do.</summary>
    internal static StorageException At(PartitionLog log, long offset, ErrorCode error) => At(log, offset, $"{error}", null);

    /// <summary>Likewise for a batch whose records cannot be decompressed or parsed.</summary>
    internal static StorageException At(PartitionLog log, long offset, InvalidRecordException exception) =>
        At(log, offset, $"{ErrorCode.CorruptMessage}: {exception.Message.TrimEnd('.')}", exception);

    /// <exception cref="StorageException">The batch does not match its checksum.</exception>
    internal static void ThrowIf(PartitionLog log, RecordBatchView batch)
    {
        if (!batch.IsCrcValid())
        {
            throw At(log, batch.BaseOffset, ErrorCode.CorruptMessage);
        }
    }

    private static StorageException At(PartitionLog log, long offset, string why, Exception? inner) => new(
        $"'{log.Directory}' cannot be read at offset {offset} ({why}): what it says would be lost. Restore the folder from a copy, or move it away to begin without it.",
        inner: inner);
}
