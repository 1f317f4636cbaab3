using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// What a data directory says about its topics: <c>topics.checkpoint</c> lists all of them, <c>topics.journal</c> has the changes since it was
/// written, and the four offset checkpoints say how far each log is. A change costs one small write and one flush, however many topics there
/// are. The journal is folded into the checkpoints when it is large and at a clean shutdown, so that a closed directory has Kafka's files
/// complete. Thread-safe.
/// </summary>
/// <param name="storage">The data directory.</param>
/// <param name="open">The topics that are open now.</param>
/// <param name="hooks">For a simulator.</param>
internal sealed class TopicStore(IStorage storage, Func<IReadOnlyList<Topic>> open, LogHooks? hooks)
{
    /// <summary>A journal of this size is folded.</summary>
    internal const int MaxJournalBytes = 1024 * 1024;

    private readonly FileLock _lock = new(hooks); // Guards everything below and the files.
    private readonly SortedDictionary<string, TopicDescription> _topics = new(StringComparer.Ordinal); // As they are on disk.
    private TopicJournal? _journal; // Null until the first change after a fold.
    private string _checkpoint = ""; // What topics.checkpoint says.
    private bool _isUncertain; // A write failed, so what the journal's file has is not known.
    private bool _isClosed; // Nothing is written any more: somebody else may have the directory.
    private bool _hasUnknownOffsets; // The offset checkpoints may have entries of another topic of a name.

    /// <summary>Reads what a directory says; call once, before anything else.</summary>
    /// <exception cref="StorageException">A file is damaged.</exception>
    internal static StoredTopics Read(IStorage storage)
    {
        string? checkpoint = CheckpointFile.Read(storage, TopicsCheckpoint.FileName);
        OffsetCheckpoints offsets = OffsetCheckpoints.Read(storage);
        return checkpoint is null ? TopicJournal.WithoutTopics(storage, offsets) : TopicJournal.Replay(storage, checkpoint, offsets);
    }

    /// <summary>Begins with the topics that are open; writes them down if <paramref name="isChanged"/>.</summary>
    /// <exception cref="StorageException">They could not be written.</exception>
    internal void Begin(StoredTopics stored, bool isChanged)
    {
        using (_lock.Enter())
        {
            foreach (Topic topic in open())
            {
                _topics[topic.Description.Name] = topic.Description;
            }

            if (isChanged || stored.HasJournal)
            {
                Fold(hasOffsets: stored.HasJournal);
            }
            else
            {
                _checkpoint = stored.Checkpoint;
            }
        }
    }

    /// <summary>Makes topics exist, or be as described, durably, with one flush.</summary>
    /// <exception cref="StorageException">They could not be written: a crash may leave all as they were, or all as described.</exception>
    internal void Put(IReadOnlyList<TopicDescription> topics)
    {
        using (_lock.Enter())
        {
            bool areNew = topics.Any(topic => _topics.GetValueOrDefault(topic.Name)?.TopicId != topic.TopicId);
            Append(TopicJournal.Put(topics));
            foreach (TopicDescription topic in topics)
            {
                _topics[topic.Name] = topic;
            }

            _hasUnknownOffsets |= areNew;
        }
    }

    /// <summary>Takes back a change that could not be written and may be on disk all the same; does nothing if there is none.</summary>
    /// <exception cref="StorageException">It may still be on disk.</exception>
    internal void Settle()
    {
        using (_lock.Enter())
        {
            if (_isUncertain)
            {
                RefuseIfClosed();
                Fold(hasOffsets: true);
            }
        }
    }

    /// <summary>Makes a topic not exist any more, durably.</summary>
    /// <exception cref="StorageException">It could not be written: a crash may leave either.</exception>
    internal void Remove(TopicDescription topic)
    {
        using (_lock.Enter())
        {
            Append(TopicJournal.Remove(topic));
            _topics.Remove(topic.Name);
        }
    }

    /// <summary>Writes down where a log starts, durably.</summary>
    /// <exception cref="StorageException">It could not be written and may be forgotten.</exception>
    internal void MoveStart(Guid topicId, TopicPartition partition, long logStartOffset)
    {
        using (_lock.Enter())
        {
            Append(TopicJournal.Start(topicId, partition, logStartOffset));
        }
    }

    /// <summary>Writes how far each log is.</summary>
    /// <exception cref="StorageException">It could not be written; what was written before stays.</exception>
    internal void WriteOffsets()
    {
        using (_lock.Enter())
        {
            WriteOffsetFiles();
            if (_hasUnknownOffsets)
            {
                Append(TopicJournal.OffsetsWritten);
                _hasUnknownOffsets = false;
            }
        }
    }

    /// <summary>Writes all checkpoints and deletes the journal, for a clean shutdown.</summary>
    /// <exception cref="StorageException">They could not be written; the journal still has what they lack.</exception>
    internal void Close()
    {
        using (_lock.Enter())
        {
            try
            {
                if (_journal is null && !_isUncertain)
                {
                    WriteOffsetFiles();
                }
                else
                {
                    Fold(hasOffsets: true);
                }
            }
            finally
            {
                _isClosed = true;
            }
        }
    }

    private void WriteOffsetFiles()
    {
        RefuseIfClosed();
        IReadOnlyList<Topic> topics = open();
        (PartitionLog Log, long StartOffset)[] starts = [.. topics.SelectMany(static topic => topic.Logs).Select(static log => (log, log.LogStartOffset))];
        OffsetCheckpoints.Write(storage, topics);
        foreach ((PartitionLog log, long startOffset) in starts)
        {
            log.Upkeep.WrittenStartOffset = startOffset;
        }
    }

    // A journal is only followed by a checkpoint that has all of it; one that a crash leaves beside a later checkpoint names another.
    private void Fold(bool hasOffsets)
    {
        if (hasOffsets)
        {
            WriteOffsetFiles();
            _hasUnknownOffsets = false;
        }

        string text = TopicsCheckpoint.Format(_topics.Values);
        CheckpointFile.Write(storage, TopicsCheckpoint.FileName, text);
        _checkpoint = text;
        _journal?.Dispose();
        _journal = null;
        _isUncertain = false;
        IoResult deleted = storage.Delete(TopicJournal.FileName);
        if (deleted != IoResult.NotFound)
        {
            deleted.ThrowIfFailed($"Deleting '{TopicJournal.FileName}'");
        }
    }

    private void RefuseIfClosed()
    {
        if (_isClosed)
        {
            IoResult.Closed.ThrowIfFailed($"Writing '{TopicJournal.FileName}'");
        }
    }

    private void Append(string change)
    {
        RefuseIfClosed();
        if (_isUncertain || _journal is { SizeBytes: > MaxJournalBytes })
        {
            Fold(hasOffsets: true);
        }

        try
        {
            if (_journal is null)
            {
                _journal = TopicJournal.Create(storage, _checkpoint, change);
            }
            else
            {
                _journal.Append(change);
            }
        }
        catch (StorageException)
        {
            _isUncertain = true;
            throw;
        }
    }
}
