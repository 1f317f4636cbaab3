namespace Zurau.Engine.Log;

/// <summary>Some entries of an index file, in the file's format. The bytes never change.</summary>
internal sealed class IndexPage(byte[] bytes)
{
    internal ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>
    /// Whether it was read since the cache's last check. A lost mark costs one file read.
    /// </summary>
    internal bool WasRead { get; set; }
}
