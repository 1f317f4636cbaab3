using System.Globalization;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// The newest leader epoch of a data directory, in a file that Kafka does not have: every log
/// is in this epoch or an older one. After an unclean shutdown every log begins a later epoch.
/// This file makes it durable for all of them before any is served: the
/// <c>leader-epoch-checkpoint</c> of a log follows with the first flush of its records.
/// Thread-safe.
/// </summary>
internal sealed class DirectoryEpoch(IStorage storage)
{
    internal const string FileName = "leader-epoch.checkpoint";
    private int _stored; // The value at startup, from the previous process run.
    private int _newest;

    /// <summary>The epoch with which a new log begins.</summary>
    internal int Newest => Volatile.Read(ref _newest);

    /// <summary>
    /// Reads the file, once, before anything else; a directory without one begins at 0.
    /// </summary>
    /// <exception cref="StorageException">It is damaged.</exception>
    internal void Load()
    {
        string? text = CheckpointFile.Read(storage, FileName);
        _stored = _newest = text is null ? 0
            : text.Split('\n') is ["0", var line, ""] && int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int epoch) ? epoch
            : throw new StorageException($"'{FileName}' does not contain '0' and the newest leader epoch; restore it from a copy, or delete it to continue with the epochs of the partitions' folders.");
    }

    /// <summary>Returns the epoch of a log from this startup on.</summary>
    /// <param name="latest">The newest epoch in its files and records; -1 for none.</param>
    /// <param name="isClean">Whether no record can be lost, so that no new epoch begins.</param>
    internal int After(int latest, bool isClean)
    {
        int epoch = Math.Max(latest, _stored) + (isClean ? 0 : 1);
        Monotonic.Raise(ref _newest, epoch);
        return epoch;
    }

    /// <summary>
    /// Makes the newest epoch durable, when every log is open and before any is served.
    /// </summary>
    /// <exception cref="StorageException">It could not be written.</exception>
    internal void Store()
    {
        if (_newest > _stored)
        {
            CheckpointFile.Write(storage, FileName, string.Create(CultureInfo.InvariantCulture, $"0\n{_newest}\n"));
        }
    }
}
