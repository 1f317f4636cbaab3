using Zurau.Transport;

namespace Zurau.Consuming;

/// <summary>
/// Turns what a transport hands out into polls of decoded records, and keeps the positions: the offset after the last record that was
/// returned, of every partition that a poll has seen. The consumer reads through it, and the listener (as bytes). Not thread-safe: the
/// consumer's gate guards it, and the listener's loop is alone with it.
/// </summary>
internal sealed class RecordFetcher<TRecord>(
    IConsumerTransport transport,
    ConsumerOptions options,
    TimeProvider timeProvider,
    IRecordDecoder<TRecord> decoder)
{
    private readonly Dictionary<TopicPartition, long> _positions = [];

    // Where the poll under way has read to. It becomes the position when the records are returned: a commit from inside the poll, when
    // partitions are taken away, must not cover records that nobody has seen.
    private readonly Dictionary<TopicPartition, long> _reached = [];
    private readonly HashSet<TopicPartition> _paused = [];

    // Partitions whose records in hand were made void by a seek or a loss since the last poll.
    private readonly HashSet<TopicPartition> _voided = [];

    // What was handed out by the transport and not returned yet. One partition's at a time: more is fetched when it is used up.
    private RecordCursor? _cursor;

    // Read and not returned yet: by the poll under way, or by one that failed behind them.
    private List<TRecord> _polled = [];

    // An empty list for the next poll to fill; null where none was given back.
    private List<TRecord>? _spare;

    internal IReadOnlyCollection<TopicPartition> Paused => _paused;

    /// <summary>Whether records were read that no poll has returned yet.</summary>
    internal bool HasUnreturned => _polled.Count > 0;

    /// <summary>
    /// Returns what there is, at most <c>max.poll.records</c>, and waits only for the first record; null where none came. An error behind
    /// good records is kept for the next poll, which meets it again.
    /// </summary>
    internal async ValueTask<List<TRecord>?> PollAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        _voided.Clear();
        long start = timeProvider.GetTimestamp();
        while (true) // Ends with max.poll.records, when nothing is fetched, or when the timeout is over.
        {
            if (!ReadCursor() || _polled.Count >= options.MaxPollRecords)
            {
                return TakePolled();
            }

            FetchedBatches? fetched;
            try
            {
                TimeSpan wait = _polled.Count > 0 ? TimeSpan.Zero : Left(timeout, start);
                fetched = await transport.PollAsync(wait, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (_polled.Count > 0 && exception is KafkaException or OperationCanceledException)
            {
                return TakePolled();
            }

            if (fetched is not null)
            {
                _positions.TryAdd(fetched.TopicPartition, fetched.FetchOffset);
                _reached[fetched.TopicPartition] = fetched.FetchOffset;
                _cursor = new RecordCursor(fetched, options.CheckCrcs);
            }

            NoteNewPositions();
            if (fetched is null)
            {
                return TakePolled();
            }
        }
    }

    internal bool TryGetPosition(TopicPartition partition, out long position) => _positions.TryGetValue(partition, out position);

    internal void SetPosition(TopicPartition partition, long position) => _positions[partition] = position;

    /// <summary>The positions, as they are committed.</summary>
    internal List<KeyValuePair<TopicPartition, OffsetAndMetadata>> Consumed() =>
        [.. _positions.Select(position => KeyValuePair.Create(position.Key, new OffsetAndMetadata(position.Value)))];

    internal bool IsVoided(TopicPartition partition) => _voided.Contains(partition);

    /// <summary>Goes on at another offset.</summary>
    internal void Seek(TopicPartition partition, long offset)
    {
        transport.Seek(partition, offset);
        Forget([partition]);
        SetPosition(partition, offset);
    }

    /// <summary>Drops what is known and in hand of partitions: they were sought or taken away.</summary>
    internal void Forget(IEnumerable<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            _polled.RemoveAll(record => decoder.PlaceOf(record).Partition == partition);
            _reached.Remove(partition);
            _positions.Remove(partition);
            _voided.Add(partition);
            DropCursorOf(partition);
        }
    }

    /// <summary>Forgets partitions that were taken away, also that they were paused.</summary>
    internal void Lose(IEnumerable<TopicPartition> partitions)
    {
        TopicPartition[] lost = [.. partitions];
        Forget(lost);
        _paused.ExceptWith(lost);
    }

    internal void Pause(IReadOnlyCollection<TopicPartition> partitions)
    {
        transport.Pause(partitions);
        foreach (TopicPartition partition in partitions)
        {
            _paused.Add(partition);
            if (_cursor is not null && _cursor.TopicPartition == partition)
            {
                // Read again after the resume, so that a paused partition holds nothing and blocks nobody.
                transport.Seek(partition, _cursor.Position);
                DropCursorOf(partition);
            }
        }
    }

    internal void Resume(IReadOnlyCollection<TopicPartition> partitions)
    {
        transport.Resume(partitions);
        _paused.ExceptWith(partitions);
    }

    /// <summary>
    /// Takes the positions back to the first of these records of each partition, as if none had been returned, and says where they
    /// were. The records are handed over one by one afterwards.
    /// </summary>
    internal Dictionary<TopicPartition, long> TakeBack(IReadOnlyList<TRecord> records)
    {
        var positions = new Dictionary<TopicPartition, long>();
        foreach (TRecord record in records)
        {
            (TopicPartition partition, long offset) = decoder.PlaceOf(record);
            if (positions.TryAdd(partition, _positions[partition]))
            {
                _positions[partition] = offset;
            }
        }

        return positions;
    }

    /// <summary>Takes back a list that a poll returned and nobody uses any more.</summary>
    internal void Recycle(List<TRecord> records)
    {
        records.Clear();
        _spare = records;
    }

    /// <summary>Makes the transport read these partitions again from their positions.</summary>
    internal void Reread(IEnumerable<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            if (!_voided.Contains(partition))
            {
                transport.Seek(partition, _positions[partition]);
                DropCursorOf(partition);
            }
        }
    }

    internal void DropCursor()
    {
        _cursor?.Dispose();
        _cursor = null;
    }

    private void DropCursorOf(TopicPartition partition)
    {
        if (_cursor is not null && _cursor.TopicPartition == partition)
        {
            DropCursor();
        }
    }

    // False where an error follows the records that were read.
    private bool ReadCursor()
    {
        if (_cursor is null)
        {
            return true;
        }

        RecordCursor cursor = _cursor;
        try
        {
            if (!cursor.Read(decoder, _polled, options.MaxPollRecords))
            {
                DropCursor();
            }

            return true;
        }
        catch (KafkaException)
        {
            // It may have been damaged on its way only: the next poll fetches it again, and meets the error again where it lasts.
            transport.Seek(cursor.TopicPartition, cursor.Position);
            DropCursor();
            if (_polled.Count == 0)
            {
                throw;
            }

            return false;
        }
        catch (SerializationException) when (_polled.Count > 0)
        {
            return false;
        }
        finally
        {
            _reached[cursor.TopicPartition] = cursor.Position;
            if (_polled.Count == 0)
            {
                // Nothing was read over that somebody is to see.
                MovePositions();
            }
        }
    }

    private List<TRecord>? TakePolled()
    {
        MovePositions();
        if (_polled.Count == 0)
        {
            return null;
        }

        List<TRecord> polled = _polled;
        _polled = _spare ?? [];
        _spare = null;
        return polled;
    }

    private void MovePositions()
    {
        foreach ((TopicPartition partition, long position) in _reached)
        {
            _positions[partition] = position;
        }

        _reached.Clear();
    }

    // Partitions that have nothing to read have a position too, and it is committed: who starts at the end and finds nothing must
    // not skip what comes while he is away.
    private void NoteNewPositions()
    {
        IReadOnlyCollection<TopicPartition> assignment = transport.Assignment;
        if (_positions.Count == assignment.Count)
        {
            return;
        }

        foreach (TopicPartition partition in assignment)
        {
            if (!_positions.ContainsKey(partition) && !_paused.Contains(partition))
            {
                _positions[partition] = transport.Position(partition);
            }
        }
    }

    private TimeSpan Left(TimeSpan timeout, long start)
    {
        if (timeout <= TimeSpan.Zero)
        {
            // Zero, or Timeout.InfiniteTimeSpan.
            return timeout;
        }

        TimeSpan left = timeout - timeProvider.GetElapsedTime(start);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
