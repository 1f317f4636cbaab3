using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Forwards every call to another storage. Base class for storages that count, delay or
/// fail some calls. As thread-safe as the other storage.
/// </summary>
/// <param name="inner">The storage that executes the calls.</param>
public abstract class ForwardingStorage(IStorage inner) : IStorage
{
    /// <inheritdoc/>
    public virtual string Description => inner.Description;

    /// <summary>Gets the storage that executes the calls.</summary>
    protected IStorage Inner => inner;

    /// <inheritdoc/>
    public virtual void Acquire() => inner.Acquire();

    /// <inheritdoc/>
    public virtual void Release() => inner.Release();

    /// <inheritdoc/>
    public virtual IoResult Open(string path, FileOpening opening, out IStorageFile? file) => inner.Open(path, opening, out file);

    /// <inheritdoc/>
    public virtual IoResult Rename(string from, string to) => inner.Rename(from, to);

    /// <inheritdoc/>
    public virtual IoResult Delete(string path) => inner.Delete(path);

    /// <inheritdoc/>
    public virtual IoResult CreateDirectory(string path) => inner.CreateDirectory(path);

    /// <inheritdoc/>
    public virtual IoResult DeleteDirectory(string path) => inner.DeleteDirectory(path);

    /// <inheritdoc/>
    public virtual IoResult List(string path, out IReadOnlyList<string> names) => inner.List(path, out names);

    /// <inheritdoc/>
    public virtual long LastWriteMs(string path) => inner.LastWriteMs(path);

    /// <inheritdoc/>
    public virtual IoResult SyncDirectory(string path) => inner.SyncDirectory(path);
}
