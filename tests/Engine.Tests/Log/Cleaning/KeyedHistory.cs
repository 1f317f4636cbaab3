namespace Engine.Tests.Log.Cleaning;

/// <summary>
/// Writes puts, tombstones and transactions to a compacted log and remembers what they
/// mean.
/// </summary>
internal sealed class KeyedHistory(KeyedLog log)
{
    private readonly SortedDictionary<long, List<(long Offset, string Key, string? Value)>> _open = [];
    private readonly Dictionary<long, HashSet<long>> _dataOf = [];

    internal Dictionary<string, string> Values { get; } = [];

    internal Dictionary<string, long> LastOffsets { get; } = [];

    internal List<(long Offset, string Key)> Tombstones { get; } = [];

    internal List<(long First, long Last, long Marker)> Transactions { get; } = [];

    internal bool IsDataOf(long marker, long offset) => _dataOf[marker].Contains(offset);

    /// <summary>
    /// Appends a batch with one record a letter: a lower-case letter is a key with a value,
    /// an upper-case one its tombstone.
    /// </summary>
    internal void Put(long producer, bool isTransactional, string letters, int padding)
    {
        long first = log.NextOffset;
        (string? Key, string? Value)[] records = [.. letters.Select((letter, i) => ((string?)$"{char.ToLowerInvariant(letter)}", char.IsUpper(letter) ? null : $"{first + i}{new string('x', padding)}"))];
        log.Put(producer, isTransactional, records);
        List<(long, string, string?)> written = [.. records.Select((record, i) => (first + i, record.Key!, record.Value))];
        if (isTransactional)
        {
            _open.TryAdd(producer, []);
            _open[producer].AddRange(written);
        }
        else
        {
            Apply(written);
        }
    }

    /// <summary>Ends the producer's transaction, if it has one.</summary>
    internal void End(long producer, bool isCommit)
    {
        if (!_open.Remove(producer, out List<(long Offset, string Key, string? Value)>? data))
        {
            return;
        }

        Transactions.Add((data[0].Offset, data[^1].Offset, log.NextOffset));
        _dataOf[log.NextOffset] = [.. data.Select(static record => record.Offset)];
        log.End(producer, isCommit);
        if (isCommit)
        {
            Apply(data);
        }
    }

    internal void Roll(int gap)
    {
        if (log.HasUnrolled)
        {
            log.Roll(gap);
            log.RecoveryPoint = log.NextOffset;
        }
    }

    internal void EndAll()
    {
        log.Continue();
        foreach (long producer in _open.Keys.ToArray())
        {
            End(producer, isCommit: true);
        }
    }

    // By offset: a record that was committed late does not replace one that was written later.
    private void Apply(List<(long Offset, string Key, string? Value)> records)
    {
        foreach ((long offset, string key, string? value) in records)
        {
            if (value is null)
            {
                Tombstones.Add((offset, key));
            }

            if (offset < LastOffsets.GetValueOrDefault(key, -1))
            {
                continue;
            }

            LastOffsets[key] = offset;
            Values.Remove(key);
            if (value is not null)
            {
                Values[key] = value;
            }
        }
    }
}
