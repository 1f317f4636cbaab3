using System.Globalization;
using System.Text;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// The start offset of each leader epoch: Kafka's <c>leader-epoch-checkpoint</c>. A new epoch
/// begins when a log is opened after an unclean shutdown, so that a reader can distinguish new
/// records from records that a crash lost (KIP-320). Changed while a log is opened, and later
/// by the holder of its upkeep lock; read by any thread. The file is written by these and by
/// the flusher.
/// </summary>
internal sealed class LeaderEpochs
{
    internal const string FileName = "leader-epoch-checkpoint";
    private readonly IStorage _storage;
    private readonly string _path;
    private readonly IoLock _writing; // Guards the file.
    private (int Epoch, long StartOffset)[] _entries; // Replaced whole.
    private volatile bool _isStored = true; // Cleared while the log is opened, set under _writing.
    private volatile bool _isFileStale; // Set while the log is opened, cleared under _writing.

    private LeaderEpochs(IStorage storage, string path, (int Epoch, long StartOffset)[] entries, LogHooks? hooks)
    {
        _storage = storage;
        _path = path;
        _entries = entries;
        _writing = new IoLock(hooks);
    }

    /// <summary>The epoch that is written into appended batches.</summary>
    internal int Latest => Entries.Count == 0 ? -1 : Entries[^1].Epoch;

    internal IReadOnlyList<(int Epoch, long StartOffset)> Entries => Volatile.Read(ref _entries);

    /// <summary>Whether all epochs are in the file, and its bytes are durable.</summary>
    internal bool IsStored => _isStored;

    /// <summary>
    /// Whether the file has epochs of records that a crash lost. A close replaces it even if
    /// nothing was appended since.
    /// </summary>
    internal bool IsFileStale => _isFileStale;

    /// <summary>Returns the epoch of an offset; -1 if none is known.</summary>
    internal int At(long offset)
    {
        // Recovery calls it for each batch: no closure, and the last entry is nearly always the
        // right one.
        for (int i = _entries.Length - 1; i >= 0; i--)
        {
            if (_entries[i].StartOffset <= offset)
            {
                return _entries[i].Epoch;
            }
        }

        return -1;
    }

    /// <summary>Creates the epochs of a log that has no file yet.</summary>
    internal static LeaderEpochs New(IStorage storage, string directory, LogHooks? hooks) => new(storage, $"{directory}/{FileName}", [], hooks);

    /// <summary>
    /// Reads the file of a partition; empty if it is missing or invalid: recovery then uses the
    /// epochs of the records.
    /// </summary>
    internal static LeaderEpochs Load(IStorage storage, string directory, LogHooks? hooks)
    {
        string path = $"{directory}/{FileName}";
        var entries = new List<(int, long)>();
        string[] lines = (CheckpointFile.Read(storage, path) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 2; i < lines.Length; i++)
        {
            string[] fields = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 2
                && int.TryParse(fields[0], CultureInfo.InvariantCulture, out int epoch)
                && long.TryParse(fields[1], CultureInfo.InvariantCulture, out long startOffset))
            {
                entries.Add((epoch, startOffset));
            }
        }

        return new LeaderEpochs(storage, path, [.. entries], hooks);
    }

    /// <summary>
    /// Adds a newer epoch of a record in memory and removes entries that contradict it. An
    /// older one is known already: recovery reads only parts of a log, so the first record that
    /// it reads of an old epoch need not be the epoch's start.
    /// </summary>
    internal void Assign(int epoch, long startOffset)
    {
        if (epoch > Latest)
        {
            Set([.. _entries.Where(entry => entry.Epoch < epoch && entry.StartOffset < startOffset), (epoch, startOffset)]);
        }
    }

    /// <summary>
    /// Removes epochs after the end of a truncated log. An epoch that begins at the end has no
    /// records yet and is kept.
    /// </summary>
    internal void TruncateTo(long endOffset)
    {
        if (_entries.Length > 0 && _entries[^1].StartOffset > endOffset)
        {
            Set([.. _entries.Where(entry => entry.StartOffset <= endOffset)]);
            _isFileStale = true;
            _isStored = false;
        }
    }

    /// <summary>
    /// Removes the epochs whose records are all deleted; that of the first remaining record
    /// begins there. Durable if anything changes.
    /// </summary>
    /// <exception cref="StorageException">It could not be written; the next call tries
    /// again.</exception>
    internal void TruncateFromStart(long logStartOffset)
    {
        (int Epoch, long StartOffset)[] entries = _entries;
        int first = Array.FindLastIndex(entries, entry => entry.StartOffset <= logStartOffset);
        if (first < 0 || entries[first].StartOffset == logStartOffset && first == 0)
        {
            return;
        }

        (int Epoch, long StartOffset)[] left = [(entries[first].Epoch, logStartOffset), .. entries[(first + 1)..]];
        using (_writing.Enter())
        {
            Write(left, syncsDirectory: true);
            Set(left);
            _isStored = true;
            _isFileStale = false;
        }
    }

    /// <summary>Begins a new epoch at the end of the log; <see cref="Store"/> writes it.</summary>
    internal void Begin(int epoch, long startOffset)
    {
        Assign(epoch, startOffset);
        _isStored = false;
    }

    /// <summary>
    /// Writes and flushes the epochs if they are not stored. The caller flushes the directory,
    /// with its other new names.
    /// </summary>
    /// <exception cref="StorageException">They could not be written; the next call tries
    /// again.</exception>
    internal void Store()
    {
        using (_writing.Enter())
        {
            if (!_isStored)
            {
                Write(_entries, syncsDirectory: false);
                _isStored = true;
                _isFileStale = false;
            }
        }
    }

    private void Set((int Epoch, long StartOffset)[] entries) => Volatile.Write(ref _entries, entries);

    private void Write((int Epoch, long StartOffset)[] entries, bool syncsDirectory)
    {
        var text = new StringBuilder("0\n").Append(entries.Length).Append('\n');
        foreach ((int known, long start) in entries)
        {
            text.Append(CultureInfo.InvariantCulture, $"{known} {start}\n");
        }

        CheckpointFile.Write(_storage, _path, text.ToString(), syncsDirectory);
    }
}
