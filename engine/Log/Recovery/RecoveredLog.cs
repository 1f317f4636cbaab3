namespace Zurau.Engine.Log;

/// <summary>The result of opening a partition's folder.</summary>
/// <param name="Segments">At least one, ascending; the last is open for appends.</param>
/// <param name="RecoveryPoint">Everything below is durable.</param>
/// <param name="LogStartOffset">The log start offset: DeleteRecords may have moved it into the
/// first segment.</param>
/// <param name="LeaderEpochs">The epochs; the last one is written into appended batches.</param>
/// <param name="Producers">The producers as of the end.</param>
/// <param name="IndexCache">Caches pages of the index files.</param>
/// <param name="BytesSinceIndexEntry">Bytes of the last segment after its last index entry.</param>
/// <param name="IsFolderDurable">Whether the names in the folder and its small files are on
/// disk; if not, the first flush makes them so.</param>
/// <param name="SnapshotOffset">The offset of a snapshot that is on disk and equals
/// <paramref name="Producers"/>; null if there is none.</param>
/// <param name="DiscardedBytes">Truncated bytes, not counting a tail of zeros.</param>
/// <param name="DiscardedBatches">Complete batches among them, none of which was acknowledged
/// as durable.</param>
internal sealed record RecoveredLog(
    LogSegment[] Segments,
    long RecoveryPoint,
    long LogStartOffset,
    LeaderEpochs LeaderEpochs,
    LoggedProducers Producers,
    IndexCache IndexCache,
    int BytesSinceIndexEntry,
    bool IsFolderDurable,
    long? SnapshotOffset,
    long DiscardedBytes,
    int DiscardedBatches);
