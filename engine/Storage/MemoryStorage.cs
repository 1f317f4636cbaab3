namespace Zurau.Engine.Storage;

/// <summary>
/// Stores files in memory, for tests: anonymous Linux files, so that mapping, extending
/// and truncating behave as on a disk. Files are kept until the object is disposed, so
/// that a broker can be opened on it again; a flush does nothing.
/// </summary>
public sealed class MemoryStorage : IStorage, IDisposable
{
    private const uint CloseOnExec = 1;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int?> _entries = new(StringComparer.Ordinal); // Null is a directory; guarded by _lock.

    /// <inheritdoc/>
    public string Description => "memory";

    /// <inheritdoc/>
    public void Acquire()
    {
        if (!LinuxNative.IsSupported)
        {
            throw new StorageException("The embedded engine runs on 64-bit Linux only for now; run it under WSL or in a container elsewhere.");
        }
    }

    /// <inheritdoc/>
    public void Release()
    {
    }

    /// <inheritdoc/>
    public IoResult Open(string path, FileOpening opening, out IStorageFile? file)
    {
        file = null;
        lock (_lock)
        {
            bool exists = _entries.TryGetValue(path, out int? descriptor);
            if (exists && (opening == FileOpening.New || descriptor is null))
            {
                return IoResult.Exists;
            }

            if (!exists)
            {
                if (opening == FileOpening.Existing || !ParentExists(path))
                {
                    return IoResult.NotFound;
                }

                int made = LinuxNative.MemoryFile("zurau", CloseOnExec);
                if (made < 0)
                {
                    return LinuxNative.Check(made);
                }

                descriptor = made;
                _entries.Add(path, made);
            }
            else if (opening == FileOpening.Truncated)
            {
                _ = LinuxNative.Truncate(descriptor!.Value, 0);
            }

            int copy = LinuxNative.Duplicate(descriptor!.Value);
            IoResult result = LinuxNative.Check(copy);
            file = result.IsOk ? new LinuxFile(copy) : null;
            return result;
        }
    }

    /// <inheritdoc/>
    public IoResult Rename(string from, string to)
    {
        lock (_lock)
        {
            if (!ParentExists(to) || !_entries.Remove(from, out int? descriptor))
            {
                return IoResult.NotFound;
            }

            Close(to);
            _entries[to] = descriptor;
            foreach (string child in Under(from))
            {
                _entries.Remove(child, out int? childDescriptor);
                _entries[to + child[from.Length..]] = childDescriptor;
            }

            return IoResult.Ok;
        }
    }

    /// <inheritdoc/>
    public IoResult Delete(string path)
    {
        lock (_lock)
        {
            return Close(path) ? IoResult.Ok : IoResult.NotFound;
        }
    }

    /// <inheritdoc/>
    public IoResult CreateDirectory(string path)
    {
        lock (_lock)
        {
            return _entries.TryAdd(path, null) ? IoResult.Ok : IoResult.Exists;
        }
    }

    /// <inheritdoc/>
    public IoResult DeleteDirectory(string path)
    {
        lock (_lock)
        {
            foreach (string child in Under(path))
            {
                Close(child);
            }

            return _entries.Remove(path) ? IoResult.Ok : IoResult.NotFound;
        }
    }

    /// <inheritdoc/>
    public IoResult List(string path, out IReadOnlyList<string> names)
    {
        lock (_lock)
        {
            string prefix = path.Length == 0 ? "" : path + "/";
            names = [.. _entries.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal) && !key[prefix.Length..].Contains('/')).Select(key => key[prefix.Length..])];
            return path.Length == 0 || (_entries.TryGetValue(path, out int? descriptor) && descriptor is null) ? IoResult.Ok : IoResult.NotFound;
        }
    }

    /// <inheritdoc/>
    public IoResult SyncDirectory(string path)
    {
        lock (_lock)
        {
            return path.Length == 0 || _entries.ContainsKey(path) ? IoResult.Ok : IoResult.NotFound;
        }
    }

    /// <summary>Deletes all files; mappings stay readable.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (string path in _entries.Keys.ToArray())
            {
                Close(path);
            }
        }
    }

    private string[] Under(string directory) => [.. _entries.Keys.Where(key => key.StartsWith(directory + "/", StringComparison.Ordinal))];

    private bool ParentExists(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash < 0 || _entries.ContainsKey(path[..slash]);
    }

    private bool Close(string path)
    {
        if (!_entries.Remove(path, out int? descriptor))
        {
            return false;
        }

        if (descriptor is not null)
        {
            _ = LinuxNative.Close(descriptor.Value);
        }

        return true;
    }
}
