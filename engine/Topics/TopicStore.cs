using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Stores the topics of a data directory: <c>topics.checkpoint</c> lists them,
/// <c>topics.journal</c> contains the changes since, and the four offset checkpoints
/// contain the offsets of each log. A change costs one small write and one flush,
/// regardless of the number of topics. The journal is folded into the checkpoints when
/// it is large and at a clean shutdown, so that a closed directory has complete Kafka
/// files. Thread-safe.
/// </summary>
/// <param name="storage">The data directory.</param>
/// <param name="open">The open topics.</param>
/// <param name="hooks">Hooks for a simulator; null in production.</param>
internal sealed class TopicStore(IStorage storage, Func<IReadOnlyList<Topic>> open, LogHooks? hooks)
{
    /// <summary>The size at which the journal is folded.</summary>
    internal const int MaxJournalBytes = 1024 * 1024;

    private readonly IoLock _lock = new(hooks); // Guards everything below and the files.
    private readonly Dictionary<string, TopicDescription> _topics = new(StringComparer.Ordinal); // The state on disk.
    private readonly List<Topic> _leaving = []; // Topics that are not open any more, but whose removal is not on disk.
    private TopicJournal? _journal; // Null until the first change after a fold.
    private string _checkpoint = ""; // The content of topics.checkpoint.
    private bool _isUncertain; // A write failed, so the content of the journal's file is unknown.
    private bool _isClosed; // No more writes: another process may have acquired the directory.
    private bool _hasUnknownOffsets; // The offset checkpoints may have entries of another topic of a name.

    /// <summary>
    /// Reads the files of a directory; must be called once, before anything else.
    /// </summary>
    /// <exception cref="StorageException">A file is damaged.</exception>
    internal static StoredTopics Read(IStorage storage)
    {
        string? checkpoint = CheckpointFile.Read(storage, TopicsCheckpoint.FileName);
        OffsetCheckpoints offsets = OffsetCheckpoints.Read(storage);
        return checkpoint is null ? TopicJournal.WithoutTopics(storage, offsets) : TopicJournal.Replay(storage, checkpoint, offsets);
    }

    /// <summary>Sets the open topics; writes them if <paramref name="isChanged"/>.</summary>
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

    /// <summary>Creates or updates topics durably, with one flush.</summary>
    /// <exception cref="StorageException">They could not be written: a crash leaves either
    /// all old or all new descriptions.</exception>
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

    /// <summary>
    /// Undoes a failed change that may be on disk nevertheless; does nothing if there is
    /// none.
    /// </summary>
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

    /// <summary>
    /// Keeps the offsets of a topic until its removal is on disk. Call before it is closed.
    /// </summary>
    internal void BeginRemoval(Topic topic)
    {
        using (_lock.Enter())
        {
            _leaving.Add(topic);
        }
    }

    /// <summary>Removes a topic durably.</summary>
    /// <exception cref="StorageException">It could not be written: a crash leaves either
    /// state.</exception>
    internal void Remove(TopicDescription topic)
    {
        using (_lock.Enter())
        {
            Append(TopicJournal.Remove(topic));
            _topics.Remove(topic.Name);
            _leaving.RemoveAll(leaving => leaving.Description.TopicId == topic.TopicId);
        }
    }

    /// <summary>Persists the start offset of a log.</summary>
    /// <exception cref="StorageException">It could not be written and may be lost.</exception>
    internal void MoveStart(Guid topicId, TopicPartition partition, long logStartOffset)
    {
        using (_lock.Enter())
        {
            Append(TopicJournal.Start(topicId, partition, logStartOffset));
        }
    }

    /// <summary>Writes the offset checkpoints.</summary>
    /// <exception cref="StorageException">They could not be written; the old ones are
    /// kept.</exception>
    internal void WriteOffsets()
    {
        using (_lock.Enter())
        {
            (PartitionLog Log, long Start)[] written = WriteOffsetFiles();
            if (_hasUnknownOffsets)
            {
                Append(TopicJournal.OffsetsWritten);
                _hasUnknownOffsets = false;
            }

            NoteStarts(written);
        }
    }

    /// <summary>Writes all checkpoints and deletes the journal, for a clean shutdown.</summary>
    /// <exception cref="StorageException">They could not be written; the journal still
    /// contains the changes.</exception>
    internal void Close()
    {
        using (_lock.Enter())
        {
            try
            {
                if (_journal is null && !_isUncertain)
                {
                    NoteStarts(WriteOffsetFiles());
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

    /// <summary>Closes the journal's file; later writes are refused.</summary>
    internal void Release()
    {
        using (_lock.Enter())
        {
            _isClosed = true;
            _journal?.Dispose();
            _journal = null;
        }
    }

    /// <summary>
    /// Writes the offset checkpoints. Returns the log start offsets that they have at least;
    /// a startup ignores those of a topic that the journal creates, unless it has the mark of
    /// a later write.
    /// </summary>
    private (PartitionLog Log, long Start)[] WriteOffsetFiles()
    {
        RefuseIfClosed();
        IReadOnlyList<Topic> topics = [.. open(), .. _leaving];
        (PartitionLog Log, long Start)[] starts = [.. topics.SelectMany(static topic => topic.Logs).Select(static log => (log, log.LogStartOffset))]; // They may move meanwhile.
        OffsetCheckpoints.Write(storage, topics);
        return starts;
    }

    private static void NoteStarts((PartitionLog Log, long Start)[] written)
    {
        foreach ((PartitionLog log, long start) in written)
        {
            log.Upkeep.WrittenStartOffset = start;
        }
    }

    // Only a checkpoint that contains all of it replaces a journal; a journal that a crash
    // leaves beside a later checkpoint has another checksum.
    private void Fold(bool hasOffsets)
    {
        (PartitionLog Log, long Start)[] written = hasOffsets ? WriteOffsetFiles() : [];
        string text = TopicsCheckpoint.Format([.. _topics.Values.OrderBy(static topic => topic.Name, StringComparer.Ordinal)]);
        CheckpointFile.Write(storage, TopicsCheckpoint.FileName, text);
        _hasUnknownOffsets &= !hasOffsets;
        NoteStarts(written);
        _checkpoint = text;
        _journal?.Dispose();
        _journal = null;
        _isUncertain = false;
        IoResult deleted = storage.Delete(TopicJournal.FileName);
        if (deleted != IoResult.NotFound)
        {
            deleted.ThrowIfFailed($"Deleting '{TopicJournal.FileName}'");

            // Before any later change: the new checkpoint may equal the one that the journal
            // continues, so a power loss could bring the journal back as if it were current.
            storage.SyncDirectory("").ThrowIfFailed($"Flushing {storage.Description}");
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
