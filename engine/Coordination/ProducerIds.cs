using System.Globalization;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Assigns producer ids, each at most once per data directory. Ids are allocated in
/// blocks; a block is persisted before its first id is assigned, so a crash skips ids
/// and never repeats one. The lock is held while a small file is written, once per
/// block.
/// </summary>
/// <param name="storage">The data directory.</param>
/// <param name="hooks">Hooks for a simulator; null in production.</param>
internal sealed class ProducerIds(IStorage storage, LogHooks? hooks)
{
    internal const string FileName = "producer-ids.checkpoint";
    private const int BlockSize = 1000;
    private readonly IoLock _lock = new(hooks);
    private long _next;
    private long _blockEnd;
    private bool _isClosed; // Guarded by the lock.

    /// <summary>Reads the first unassigned id, once, before any is assigned.</summary>
    /// <param name="highestKnown">The highest id in the logs, or -1: a directory written by
    /// Apache Kafka has no such file.</param>
    /// <exception cref="StorageException">The file is damaged.</exception>
    internal void Load(long highestKnown) =>
        _next = _blockEnd = Math.Max(Read(), (highestKnown + BlockSize) / BlockSize * BlockSize);

    /// <summary>Assigns the next id.</summary>
    /// <exception cref="StorageException">The next block could not be persisted; no id was
    /// assigned.</exception>
    internal long Take()
    {
        using (_lock.Enter())
        {
            if (_isClosed)
            {
                IoResult.Closed.ThrowIfFailed($"Writing '{FileName}'");
            }

            if (_next == _blockEnd)
            {
                CheckpointFile.Write(storage, FileName, string.Create(CultureInfo.InvariantCulture, $"0\n{_blockEnd + BlockSize}\n"));
                _blockEnd += BlockSize;
            }

            return _next++;
        }
    }

    /// <summary>Waits for a write in progress and refuses later ones.</summary>
    internal void Close()
    {
        using (_lock.Enter())
        {
            _isClosed = true;
        }
    }

    private long Read()
    {
        string? text = CheckpointFile.Read(storage, FileName);
        if (text is null)
        {
            return 0;
        }

        string[] lines = text.Split('\n');
        return lines is ["0", var next, ""] && long.TryParse(next, NumberStyles.None, CultureInfo.InvariantCulture, out long first)
            ? first
            : throw new StorageException($"'{FileName}' does not contain '0' and the first unassigned producer id; restore it from a backup, or delete it to continue after the highest id in the logs.");
    }
}
