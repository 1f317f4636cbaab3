namespace Zurau.Engine.Log;

/// <summary>The state of a segment's index files: see <see cref="IndexFiles"/>.</summary>
internal enum IndexFilesState
{
    /// <summary>Not written since the last batch was indexed.</summary>
    Stale,

    /// <summary>Written, in the page cache.</summary>
    Written,

    /// <summary>
    /// On disk, or there is nothing to write: the segment may count as recovered.
    /// </summary>
    Durable,
}
