using Microsoft.Extensions.Logging;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Rebuilds the groups from their log: their members and offsets. An offset of a topic that does not exist or has
/// another id is dropped. An offset without an id (value versions 0 to 3) is assigned
/// to the topic that currently has the name, and is rewritten with that id. Must be
/// called once, before any request; after an unclean shutdown <see cref="OffsetClamp"/>
/// follows.
/// </summary>
internal sealed partial class GroupLoader(TopicRegistry topics, GroupLog groupLog, OffsetStore offsets, ILogger logger)
{
    // Keys, by group, whose last record must be replaced: it has no topic id, or
    // another topic's id.
    private readonly SortedDictionary<string, HashSet<TopicPartition>> _stale = new(StringComparer.Ordinal);

    internal void Load()
    {
        foreach (PartitionLog log in groupLog.Logs)
        {
            InternalRead.All(log, batch =>
            {
                if (!batch.IsControl)
                {
                    Replay(log, batch);
                }
                else if (TransactionMarker.TryReadOutcome(batch, out bool isCommit))
                {
                    offsets.CompleteTransaction(log.Partition.Partition, batch.ProducerId, isCommit);
                }
            });
        }

        if (_stale.Count > 0)
        {
            WriteAgain();
        }

        foreach ((_, Group group) in offsets.All)
        {
            offsets.ForgetIfBlank(group); // Its last records are tombstones.
        }
    }

    private void Replay(PartitionLog log, RecordBatchView batch)
    {
        using DecompressedRecords decompressed = batch.Decompress();
        RecordReader records = batch.Records(decompressed);
        while (records.Read())
        {
            if (!records.IsKeyNull && GroupRecords.TryReadKey(records.Key, out string memberGroupId))
            {
                ReplayMembers(log, memberGroupId, records.IsValueNull, records.Value, records.Offset);
                continue;
            }

            if (records.IsKeyNull || !OffsetRecords.TryReadKey(records.Key, out string groupId, out TopicPartition partition))
            {
                continue;
            }

            OffsetAndMetadata committed = default;
            RecordedTime time = default;
            bool isSet = !records.IsValueNull;
            if (isSet && !OffsetRecords.TryReadValue(records.Value, out committed, out time))
            {
                throw DamagedLog.At(log, records.Offset, ErrorCode.InvalidRecord); // Must not be read as a tombstone: the group would skip or repeat records.
            }

            if (!isSet && _stale.TryGetValue(groupId, out HashSet<TopicPartition>? stale))
            {
                stale.Remove(partition); // The log already has the tombstone.
            }

            if (isSet && !Counts(groupId, partition, ref committed))
            {
                continue;
            }

            offsets.Replay(groupId, partition, isSet ? committed : null, records.Offset, time, batch.IsTransactional ? batch.ProducerId : null);
        }
    }

    private void ReplayMembers(PartitionLog log, string groupId, bool isTombstone, ReadOnlySpan<byte> value, long offset)
    {
        GroupMetadata? metadata = null;
        if (!isTombstone && !GroupRecords.TryReadValue(value, out metadata))
        {
            throw DamagedLog.At(log, offset, ErrorCode.InvalidRecord); // Without its generation, requests of former members would be accepted.
        }

        offsets.Replay(groupId, metadata);
    }

    // Returns whether an offset belongs to an existing topic; adds the topic's id if
    // the offset has none.
    private bool Counts(string groupId, TopicPartition partition, ref OffsetAndMetadata offset)
    {
        ErrorCode error = topics.Find(partition.Topic, offset.TopicId, out Topic? topic);
        bool isCurrent = error == ErrorCode.None && offset.TopicId != default;
        offset = error == ErrorCode.None ? offset with { TopicId = topic!.Description.TopicId } : offset;
        if (isCurrent)
        {
            _stale.GetValueOrDefault(groupId)?.Remove(partition);
        }
        else
        {
            (_stale.TryGetValue(groupId, out HashSet<TopicPartition>? stale) ? stale : _stale[groupId] = []).Add(partition);
        }

        return error == ErrorCode.None;
    }

    // Prevents that a future topic of the same name inherits offsets without an id.
    private void WriteAgain()
    {
        var written = new HashSet<PartitionLog>();
        foreach ((string groupId, HashSet<TopicPartition> partitions) in _stale)
        {
            Group group = offsets.GetOrAdd(groupId);

            // A later record would supersede pending offsets: such keys are left to the next
            // startup.
            KeyValuePair<TopicPartition, OffsetAndMetadata?>[] again = [.. partitions.Where(partition => !group.IsUnstable(partition))
                .OrderBy(static partition => partition.Topic, StringComparer.Ordinal).ThenBy(static partition => partition.Partition)
                .Select(partition => KeyValuePair.Create(partition, group.TryGetOffset(partition, out OffsetAndMetadata offset) ? offset : (OffsetAndMetadata?)null))];
            if (again.Length == 0)
            {
                continue;
            }

            ErrorCode error = groupLog.AppendAtStartup(groupId, again);
            if (error != ErrorCode.None)
            {
                LogNotWritten(groupId, $"{error}");
            }
            else if (groupLog.LogOf(groupId) is { } log)
            {
                written.Add(log);
            }
        }

        foreach (PartitionLog log in written)
        {
            IoResult flushed = log.Flusher.FlushNow();
            if (!flushed.IsOk)
            {
                LogNotWritten(log.Directory, $"{flushed}");
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Offsets in '{Source}' that have no topic id, or belong to a topic that was deleted, could not be rewritten ({Reason}); the next startup tries it again.")]
    private partial void LogNotWritten(string source, string reason);
}
