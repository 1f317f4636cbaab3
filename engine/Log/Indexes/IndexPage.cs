namespace Zurau.Engine.Log;

/// <summary>Some entries of an index file as they are in the file. The bytes never change.</summary>
internal sealed class IndexPage(byte[] bytes)
{
    internal ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>Whether it was read since the cache checked last. A lost mark costs a read of the file.</summary>
    internal bool WasRead { get; set; }
}
