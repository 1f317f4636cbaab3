using System.Globalization;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// The newest leader epoch of a data directory, in a file that is ours alone: no log is in an older one. After an unclean end every log begins
/// an epoch after it, which this one file makes durable for all of them, before any is served: a log's own
/// <c>leader-epoch-checkpoint</c> follows with the first flush of its records. Thread-safe.
/// </summary>
internal sealed class DirectoryEpoch
{
    internal const string FileName = "leader-epoch.checkpoint";
    private readonly IStorage _storage;
    private readonly int _stored; // At startup: of the process before.
    private int _newest;

    private DirectoryEpoch(IStorage storage, int stored)
    {
        _storage = storage;
        _stored = _newest = stored;
    }

    /// <summary>What a new log begins with.</summary>
    internal int Newest => Volatile.Read(ref _newest);

    /// <summary>Reads the file; a directory without one begins at 0.</summary>
    /// <exception cref="StorageException">It is damaged.</exception>
    internal static DirectoryEpoch Load(IStorage storage)
    {
        string? text = CheckpointFile.Read(storage, FileName);
        return text is null ? new DirectoryEpoch(storage, 0)
            : text.Split('\n') is ["0", var line, ""] && int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int epoch) ? new DirectoryEpoch(storage, epoch)
            : throw new StorageException($"'{FileName}' does not say '0' and the newest leader epoch; restore it from a copy, or delete it to go on with the epochs that the partitions' folders know.");
    }

    /// <summary>Returns the epoch that a log is in from this startup on.</summary>
    /// <param name="latest">The newest one that its files and records know; -1 for none.</param>
    /// <param name="isClean">Whether nothing can be lost, so that no new one begins.</param>
    internal int After(int latest, bool isClean)
    {
        int epoch = Math.Max(latest, _stored) + (isClean ? 0 : 1);
        int newest = Newest;
        while (newest < epoch)
        {
            int seen = Interlocked.CompareExchange(ref _newest, epoch, newest);
            newest = seen == newest ? epoch : seen;
        }

        return epoch;
    }

    /// <summary>Makes the newest epoch durable, once every log is open and before any is served.</summary>
    /// <exception cref="StorageException">It could not be written.</exception>
    internal void Store()
    {
        if (_newest > _stored)
        {
            CheckpointFile.Write(_storage, FileName, string.Create(CultureInfo.InvariantCulture, $"0\n{_newest}\n"));
        }
    }
}
