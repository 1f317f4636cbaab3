using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// The entries of a complete index file, read page by page when they are needed. Only the
/// entries that were in the file at construction are read. Thread-safe. The file is opened for
/// each page that is not in the cache: an index holds no file descriptor.
/// </summary>
/// <param name="cache">Bounds the memory of all pages.</param>
/// <param name="owner">The flag of the segment: when it is set, the path may belong to another
/// segment's file.</param>
/// <param name="path">The index file.</param>
/// <param name="count">Entries of the file.</param>
internal sealed class StoredEntries<T>(IndexCache cache, GivenUpFlag owner, string path, int count)
    where T : struct, IIndexEntry<T>
{
    private static readonly int s_perPage = IndexCache.PageBytes / T.SizeBytes;
    private IndexPage?[]? _pages; // Created by the first reader; slots are filled by compare-and-swap and cleared by the cache.

    internal int Count => count;

    /// <summary>
    /// Reads an entry; an error if the file cannot be read or no longer belongs to this
    /// segment.
    /// </summary>
    internal IoResult Read(int index, out T entry)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)count);
        entry = default;
        int number = index / s_perPage;
        IndexPage?[] pages = Volatile.Read(ref _pages) ?? MakePages();
        IndexPage? page = Volatile.Read(ref pages[number]);
        if (page is null)
        {
            IoResult result = ReadPage(number, out page);
            if (!result.IsOk)
            {
                return result;
            }

            cache.Keep(pages, number, page!);
        }

        if (!page!.WasRead)
        {
            page.WasRead = true; // Only if it changes something: readers share the cache line.
        }

        entry = T.Read(page.Bytes[(index % s_perPage * T.SizeBytes)..]);
        return IoResult.Ok;
    }

    private IndexPage?[] MakePages()
    {
        var made = new IndexPage?[((count - 1) / s_perPage) + 1];
        return Interlocked.CompareExchange(ref _pages, made, null) ?? made;
    }

    private IoResult ReadPage(int number, out IndexPage? page)
    {
        page = null;
        int first = number * s_perPage;
        byte[] bytes = new byte[Math.Min(s_perPage, count - first) * T.SizeBytes];
        IoResult result = cache.Storage.Open(path, FileOpening.Existing, out IStorageFile? file);
        int read = 0;
        using (file)
        {
            result = result.IsOk ? file!.Read((long)first * T.SizeBytes, bytes, out read) : result;
        }

        // The flag is set before the files are renamed: if it is not set now, the bytes that
        // were read belong to this segment.
        if (result.IsOk && (read != bytes.Length || owner.IsSet))
        {
            result = IoResult.NotFound;
        }

        page = result.IsOk ? new IndexPage(bytes) : null;
        return result;
    }
}
