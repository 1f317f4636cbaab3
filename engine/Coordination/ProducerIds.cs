using System.Globalization;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Hands out producer ids, each once in the life of a data directory. They are taken in blocks; a block is written down before the first
/// of its ids is given away, so a crash skips ids and never repeats one. Its lock is held over a small file's write, once a block.
/// </summary>
internal sealed class ProducerIds
{
    internal const string FileName = "producer-ids.checkpoint";
    private const int BlockSize = 1000;
    private readonly IStorage _storage;
    private readonly FileLock _lock;
    private long _next;
    private long _blockEnd;
    private bool _isClosed; // Guarded by the lock.

    /// <param name="storage">The data directory.</param>
    /// <param name="highestKnown">The highest id that its logs know, or -1: a directory of another maker has no file.</param>
    /// <param name="hooks">Where a simulator stands.</param>
    internal ProducerIds(IStorage storage, long highestKnown, LogHooks? hooks)
    {
        _lock = new FileLock(hooks);
        _storage = storage;
        _next = _blockEnd = Math.Max(Read(storage), (highestKnown + BlockSize) / BlockSize * BlockSize);
    }

    /// <summary>Takes the next id.</summary>
    /// <exception cref="StorageException">The next block could not be written down; nothing was given away.</exception>
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
                CheckpointFile.Write(_storage, FileName, string.Create(CultureInfo.InvariantCulture, $"0\n{_blockEnd + BlockSize}\n"));
                _blockEnd += BlockSize;
            }

            return _next++;
        }
    }

    /// <summary>Waits for a write that is under way and refuses later ones.</summary>
    internal void Close()
    {
        using (_lock.Enter())
        {
            _isClosed = true;
        }
    }

    private static long Read(IStorage storage)
    {
        string? text = CheckpointFile.Read(storage, FileName);
        if (text is null)
        {
            return 0;
        }

        string[] lines = text.Split('\n');
        return lines is ["0", var next, ""] && long.TryParse(next, NumberStyles.None, CultureInfo.InvariantCulture, out long first)
            ? first
            : throw new StorageException($"'{FileName}' does not say '0' and the first producer id that was not given away; restore it from a copy, or delete it to go on behind the highest id that the logs know.");
    }
}
