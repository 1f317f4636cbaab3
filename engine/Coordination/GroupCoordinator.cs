using System.Collections.Concurrent;
using System.Text;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Keeps groups and their committed offsets. A commit is decided on the state in memory, appended to <c>__consumer_offsets</c>, replayed
/// into the state, and then answered; loading after a start is the same replay. Thread-safe.
/// </summary>
internal sealed class GroupCoordinator(TopicRegistry topics, int offsetsPartitions, int maxMetadataLength, Random random, TimeProvider time, LogHooks? hooks)
{
    private const int MaxBatchBytes = 64 * 1024;
    private readonly ConcurrentDictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly PendingWrites _pendingWrites = new(hooks);
    private readonly Lock _randomLock = new();

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>All groups, in ordinal order of their ids.</summary>
    internal IEnumerable<KeyValuePair<string, Group>> All => _groups.OrderBy(static group => group.Key, StringComparer.Ordinal);

    /// <summary>Rebuilds the groups from their log. Call once, before any request; behind an unclean end <see cref="OffsetClamp"/> follows.</summary>
    internal void Load()
    {
        foreach (PartitionLog log in topics.Find(TopicName.ConsumerOffsets)?.Logs ?? [])
        {
            long offset = log.LogStartOffset;
            ErrorCode error;
            while ((error = LogReader.Read(log, offset, MaxBatchBytes, null, out RecordLease? lease, out _)) == ErrorCode.None && lease is not null)
            {
                try
                {
                    offset = Replay(log, lease.Bytes.Span);
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
    }

    internal (ErrorCode Error, string MemberId, int GenerationId, string? Message) Join(string groupId, string clientId)
    {
        if (!IsGroupId(groupId))
        {
            return (ErrorCode.InvalidGroupId, "", -1, $"The group id has {groupId.Length} characters; set 'group.id' to 1 to {short.MaxValue} bytes of text.");
        }

        Group group = _groups.GetOrAdd(groupId, NewGroup);
        lock (group)
        {
            if (group.MemberId is not null)
            {
                return (ErrorCode.GroupMaxSizeReached, "", -1, $"Group '{groupId}' already has the member '{group.MemberId}'. Groups of several members are not there yet: close that consumer first, or use another 'group.id'.");
            }

            group.MemberId = $"{(clientId.Length == 0 ? "consumer" : clientId)}-{NextId()}";
            group.GenerationId++;
            return (ErrorCode.None, group.MemberId, group.GenerationId, null);
        }
    }

    internal ErrorCode Leave(string groupId, string memberId)
    {
        if (!_groups.TryGetValue(groupId, out Group? group))
        {
            return ErrorCode.UnknownMemberId;
        }

        lock (group)
        {
            if (group.MemberId != memberId)
            {
                return ErrorCode.UnknownMemberId;
            }

            group.MemberId = null;
            return ErrorCode.None;
        }
    }

    internal ValueTask<IReadOnlyList<(TopicPartition Partition, ErrorCode Error)>> CommitAsync(
        string groupId,
        string memberId,
        int generationId,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets) =>
        CommitAsync(Decide(groupId, memberId, generationId), offsets, accepted => WriteAsync(groupId, accepted));

    /// <summary>
    /// Commits offsets as part of a producer's transaction, which has the group's partition in it: they count once it is committed.
    /// A generation of -1 with an empty member id asks for no look at the group (KIP-447).
    /// </summary>
    internal ValueTask<IReadOnlyList<(TopicPartition Partition, ErrorCode Error)>> CommitInTransactionAsync(
        string groupId,
        string memberId,
        int generationId,
        long producerId,
        short producerEpoch,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets)
    {
        bool isMember = memberId.Length > 0 || generationId >= 0;
        ErrorCode refused = isMember || !IsGroupId(groupId) ? Decide(groupId, memberId, generationId) : ErrorCode.None;
        return CommitAsync(refused, offsets, accepted => WritePendingAsync(groupId, producerId, producerEpoch, accepted));
    }

    /// <summary>The partition of <c>__consumer_offsets</c> that a group's offsets are in; null where there can be none.</summary>
    internal TopicPartition? PartitionOf(string groupId) => IsGroupId(groupId) ? LogOf(groupId)?.Partition : null;

    /// <summary>Ends a producer's transaction in a partition of <c>__consumer_offsets</c>, whose marker is in the log.</summary>
    internal void CompleteTransaction(int partition, long producerId, bool isCommit)
    {
        foreach (string groupId in _pendingWrites.TakeGroups(partition, producerId))
        {
            // Waits for an append under way: a batch before the marker is pending before its transaction ends.
            using Lock.Scope written = _pendingWrites.Enter(groupId);
            if (_groups.TryGetValue(groupId, out Group? group))
            {
                lock (group)
                {
                    group.CompletePending(producerId, isCommit);
                }
            }
        }
    }

    private async ValueTask<IReadOnlyList<(TopicPartition Partition, ErrorCode Error)>> CommitAsync(
        ErrorCode refused,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        Func<List<KeyValuePair<TopicPartition, OffsetAndMetadata>>, ValueTask<ErrorCode>> write)
    {
        var answers = new (TopicPartition Partition, ErrorCode Error)[offsets.Count];
        var accepted = new List<KeyValuePair<TopicPartition, OffsetAndMetadata>>(offsets.Count);
        for (int i = 0; i < answers.Length; i++)
        {
            (TopicPartition partition, OffsetAndMetadata offset) = offsets[i];
            ErrorCode error = refused;
            if (error == ErrorCode.None)
            {
                error = topics.FindPartition(partition) is null ? ErrorCode.UnknownTopicOrPartition
                    : offset.Offset < 0 ? ErrorCode.InvalidCommitOffsetSize
                    : offset.Metadata.Length > maxMetadataLength ? ErrorCode.OffsetMetadataTooLarge
                    : ErrorCode.None;
            }

            answers[i] = (partition, error);
            if (error == ErrorCode.None)
            {
                accepted.Add(offsets[i]);
            }
        }

        ErrorCode written = accepted.Count == 0 ? ErrorCode.None : await write(accepted).ConfigureAwait(false);
        if (written != ErrorCode.None)
        {
            for (int i = 0; i < answers.Length; i++)
            {
                answers[i].Error = answers[i].Error == ErrorCode.None ? written : answers[i].Error;
            }
        }

        return answers;
    }

    internal IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Fetch(string groupId)
    {
        if (!_groups.TryGetValue(groupId, out Group? group))
        {
            return new Dictionary<TopicPartition, OffsetAndMetadata>();
        }

        lock (group)
        {
            return group.Offsets;
        }
    }

    /// <summary>Whether an open transaction may change a group's offset.</summary>
    internal bool IsUnstable(string groupId, TopicPartition partition)
    {
        if (!_groups.TryGetValue(groupId, out Group? group))
        {
            return false;
        }

        lock (group)
        {
            return group.IsUnstable(partition);
        }
    }

    internal OffsetAndMetadata? Fetch(string groupId, TopicPartition partition)
    {
        if (!_groups.TryGetValue(groupId, out Group? group))
        {
            return null;
        }

        lock (group)
        {
            return group.TryGetOffset(partition, out OffsetAndMetadata committed) ? committed : null;
        }
    }

    /// <summary>Writes tombstones for the offsets of a topic that is gone, so that one of the same name begins anew.</summary>
    internal async ValueTask ForgetTopicAsync(string topic)
    {
        foreach ((string groupId, Group group) in All)
        {
            TopicPartition[] gone;
            lock (group)
            {
                gone = group.PartitionsOf(topic);
            }

            if (gone.Length > 0)
            {
                await WriteAsync(groupId, [.. gone.Select(static partition => KeyValuePair.Create(partition, (OffsetAndMetadata?)null))]).ConfigureAwait(false);
            }
        }
    }

    private static Group NewGroup(string groupId) => new();

    private static bool IsGroupId(string groupId) => groupId.Length > 0 && Encoding.UTF8.GetByteCount(groupId) <= short.MaxValue;

    private ErrorCode Decide(string groupId, string memberId, int generationId)
    {
        if (!IsGroupId(groupId))
        {
            return ErrorCode.InvalidGroupId;
        }

        bool isMember = memberId.Length > 0 || generationId >= 0;
        if (!_groups.TryGetValue(groupId, out Group? group))
        {
            // The group begins with the first record that is accepted: a refused request leaves nothing in memory.
            return generationId >= 0 ? ErrorCode.IllegalGeneration : isMember ? ErrorCode.UnknownMemberId : ErrorCode.None;
        }

        lock (group)
        {
            if (!isMember)
            {
                return group.MemberId is null ? ErrorCode.None : ErrorCode.UnknownMemberId;
            }

            return group.MemberId != memberId ? ErrorCode.UnknownMemberId
                : group.GenerationId != generationId ? ErrorCode.IllegalGeneration
                : ErrorCode.None;
        }
    }

    /// <summary>Appends offsets and takes them into the state.</summary>
    internal ValueTask<ErrorCode> WriteAsync(string groupId, List<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets) =>
        WriteAsync(groupId, offsets.ConvertAll(static offset => KeyValuePair.Create(offset.Key, (OffsetAndMetadata?)offset.Value)));

    private async ValueTask<ErrorCode> WriteAsync(string groupId, List<KeyValuePair<TopicPartition, OffsetAndMetadata?>> offsets)
    {
        PartitionLog? log = LogOf(groupId);
        if (log is null)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        AppendResult appended = log.Append(OffsetRecords.Batch(groupId, offsets, NowMs).Build(), out long endOffset);
        if (appended.Error != ErrorCode.None)
        {
            return appended.Error;
        }

        ErrorCode published = await log.WhenPublished(endOffset).ConfigureAwait(false);
        if (published != ErrorCode.None)
        {
            return published;
        }

        Group group = _groups.GetOrAdd(groupId, NewGroup);
        lock (group)
        {
            for (int i = 0; i < offsets.Count; i++)
            {
                group.Replay(offsets[i].Key, offsets[i].Value, appended.BaseOffset + i);
            }
        }

        return ErrorCode.None;
    }

    /// <summary>Appends offsets of an open transaction and takes them as pending.</summary>
    internal async ValueTask<ErrorCode> WritePendingAsync(string groupId, long producerId, short producerEpoch, List<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets)
    {
        PartitionLog? log = LogOf(groupId);
        if (log is null)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        RecordBatchBuilder batch = OffsetRecords.Batch(groupId, offsets.ConvertAll(static offset => KeyValuePair.Create(offset.Key, (OffsetAndMetadata?)offset.Value)), NowMs);
        batch.SetProducer(producerId, producerEpoch, Sequence.None);
        BuiltBatch built = batch.Build(BatchAttributes.Transactional);
        long endOffset;

        // The append and its entry are one step for whoever ends the transaction: a marker after the append finds the entry, and after
        // a marker the append is refused.
        using (_pendingWrites.Enter(groupId))
        {
            _pendingWrites.Add(log.Partition.Partition, producerId, groupId);
            AppendResult appended = log.Append(built, out endOffset, AppendOrigin.Coordinator);
            if (appended.Error != ErrorCode.None)
            {
                Withdraw(log.Partition.Partition, producerId, groupId);
                return appended.Error;
            }

            Group group = _groups.GetOrAdd(groupId, NewGroup);
            lock (group)
            {
                group.AddPending(producerId, offsets, appended.BaseOffset);
            }
        }

        return await log.WhenPublished(endOffset).ConfigureAwait(false);
    }

    /// <summary>The log of a group; null where it could not be created.</summary>
    internal PartitionLog? LogOf(string groupId) => InternalTopic.LogOf(topics, TopicName.ConsumerOffsets, groupId, offsetsPartitions, 100 * 1024 * 1024);

    private long Replay(PartitionLog log, ReadOnlySpan<byte> bytes)
    {
        long next = -1;
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            DamagedLog.ThrowIf(log, batch);
            if (batch.IsControl)
            {
                if (TransactionMarker.TryReadOutcome(batch, out bool isCommit))
                {
                    CompleteTransaction(log.Partition.Partition, batch.ProducerId, isCommit);
                }
            }
            else
            {
                using DecompressedRecords decompressed = batch.Decompress();
                RecordReader records = batch.Records(decompressed);
                while (records.Read())
                {
                    if (!records.IsKeyNull && OffsetRecords.TryReadKey(records.Key, out string groupId, out TopicPartition partition))
                    {
                        OffsetAndMetadata committed = default;
                        bool isSet = !records.IsValueNull && OffsetRecords.TryReadValue(records.Value, out committed);
                        Group group = _groups.GetOrAdd(groupId, NewGroup);
                        if (!batch.IsTransactional)
                        {
                            group.Replay(partition, isSet ? committed : null, records.Offset);
                        }
                        else if (isSet)
                        {
                            _pendingWrites.Add(log.Partition.Partition, batch.ProducerId, groupId);
                            group.AddPending(batch.ProducerId, partition, new PendingOffset(committed, records.Offset));
                        }
                    }
                }
            }

            next = batch.LastOffset + 1;
            bytes = bytes[batch.SizeBytes..];
        }

        return next;
    }

    // An append was refused. The entry stays if an earlier append of the transaction has left offsets pending.
    private void Withdraw(int partition, long producerId, string groupId)
    {
        if (_groups.TryGetValue(groupId, out Group? group))
        {
            lock (group)
            {
                if (group.HasPending(producerId))
                {
                    return;
                }
            }
        }

        _pendingWrites.Remove(partition, producerId, groupId);
    }

    private string NextId()
    {
        lock (_randomLock)
        {
            return KafkaUuid.Create(random).ToString();
        }
    }
}
