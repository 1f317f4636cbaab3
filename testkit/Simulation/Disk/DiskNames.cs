using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// The tree of names; its methods return the errors that Linux returns. Guarded by the
/// disk's lock.
/// </summary>
internal sealed class DiskNames(EntryJournal journal, DiskSpace space, Func<DiskFile> create, Action<DiskFile> unlinked)
{
    private const int LongestName = 255;

    internal DiskDirectory Root { get; } = new();

    internal DiskNode? Find(string path) => Walk(path, out _, out DiskNode? node).IsOk ? node : null;

    /// <summary>
    /// Finds a directory; returns the result of opening it as a directory.
    /// </summary>
    internal IoResult FindDirectory(string path, out DiskDirectory? directory)
    {
        IoResult result = Walk(path, out _, out DiskNode? node);
        directory = node as DiskDirectory;
        return result.IsOk && directory is null ? Errno.NotDirectory : result;
    }

    internal IoResult Open(string path, FileOpening opening, out DiskFile? file)
    {
        file = null;
        IoResult result = Walk(path, out EntryChange place, out DiskNode? node);
        if (result.IsOk && opening == FileOpening.New)
        {
            return IoResult.Exists;
        }

        if (node is DiskDirectory)
        {
            return Errno.IsDirectory;
        }

        if (node is null)
        {
            if (result != IoResult.NotFound || place.Directory is null || opening == FileOpening.Existing)
            {
                return result;
            }

            if (space.IsFull)
            {
                return IoResult.NoSpace;
            }

            node = create();
            journal.Do(place with { Node = node });
        }

        file = (DiskFile)node;
        if (opening == FileOpening.Truncated)
        {
            file.SetLength(0);
        }

        return IoResult.Ok;
    }

    internal IoResult Rename(string from, string to)
    {
        // The kernel resolves both directories first, then the names in them.
        IoResult found = Walk(from, out EntryChange old, out DiskNode? node);
        IoResult free = Walk(to, out EntryChange place, out DiskNode? replaced);
        if (IsOutside(found, old) || IsOutside(free, place) || node is null)
        {
            return IsOutside(found, old) || !IsOutside(free, place) ? found : free;
        }

        if (node == replaced)
        {
            return IoResult.Ok;
        }

        if (IsAbove(node, place.Directory))
        {
            return Errno.InvalidArgument;
        }

        if (replaced is not null && IsAbove(replaced, old.Directory))
        {
            return Errno.NotEmpty;
        }

        switch (node, replaced)
        {
            case (DiskFile, DiskDirectory):
                return Errno.IsDirectory;
            case (DiskDirectory, DiskFile):
                return Errno.NotDirectory;
            case (DiskDirectory, DiskDirectory { Entries.Count: > 0 }):
                return Errno.NotEmpty;
            default:
                journal.Do(old with { Node = null }, place with { Node = node });
                Unlinked(replaced);
                return IoResult.Ok;
        }
    }

    internal IoResult Delete(string path)
    {
        IoResult result = Walk(path, out EntryChange place, out DiskNode? node);
        if (!result.IsOk || node is DiskDirectory)
        {
            return result.IsOk ? Errno.IsDirectory : result;
        }

        journal.Do(place with { Node = null });
        Unlinked(node);
        return IoResult.Ok;
    }

    internal IoResult CreateDirectory(string path)
    {
        IoResult result = Walk(path, out EntryChange place, out _);
        if (result != IoResult.NotFound || place.Directory is null)
        {
            return result.IsOk ? IoResult.Exists : result;
        }

        if (space.IsFull)
        {
            return IoResult.NoSpace;
        }

        journal.Do(place with { Node = new DiskDirectory() });
        return IoResult.Ok;
    }

    internal IoResult RemoveDirectory(string path)
    {
        IoResult result = Walk(path, out EntryChange place, out DiskNode? node);
        if (!result.IsOk || node is not DiskDirectory directory)
        {
            return result.IsOk ? Errno.NotDirectory : result;
        }

        if (directory.Entries.Count > 0)
        {
            return Errno.NotEmpty;
        }

        journal.Do(place with { Node = null });
        return IoResult.Ok;
    }

    internal IoResult List(string path, out IReadOnlyList<string> names)
    {
        names = [];
        if (Find(path) is not DiskDirectory directory)
        {
            return IoResult.NotFound;
        }

        string[] found = [.. directory.Entries.Keys];
        Array.Sort(found, StringComparer.Ordinal);
        names = found;
        return IoResult.Ok;
    }

    /// <summary>
    /// Resolves a path to its directory and name; the directory is null if it does not
    /// exist.
    /// </summary>
    private IoResult Walk(string path, out EntryChange place, out DiskNode? node)
    {
        place = default;
        node = Root;
        if (path.Length == 0)
        {
            return IoResult.Ok;
        }

        foreach (string name in path.Split('/'))
        {
            if (node is null)
            {
                place = default;
                return IoResult.NotFound;
            }

            if (node is not DiskDirectory directory)
            {
                (place, node) = (default, null);
                return Errno.NotDirectory;
            }

            if (name.Length > LongestName)
            {
                (place, node) = (default, null);
                return new IoResult(36);
            }

            place = new EntryChange(directory, name, null);
            node = directory.Entries.GetValueOrDefault(name);
        }

        return node is null ? IoResult.NotFound : IoResult.Ok;
    }

    /// <summary>Returns true if the directory itself does not exist.</summary>
    private static bool IsOutside(IoResult result, EntryChange place) => !result.IsOk && place.Directory is null;

    private static bool IsAbove(DiskNode node, DiskNode? inner)
    {
        while (inner is not null && inner != node)
        {
            inner = inner.Parent;
        }

        return inner is not null;
    }

    private void Unlinked(DiskNode? node)
    {
        if (node is DiskFile file)
        {
            unlinked(file);
        }
    }
}
