using Zurau.Engine.Log;

namespace Engine.Tests.Support;

internal static class IndexViewExtensions
{
    /// <summary>Reads all entries, also those that are in the index file.</summary>
    internal static T[] ToArray<T>(this IndexView<T> view)
        where T : struct, IIndexEntry<T>
    {
        Assert.True(view.ReadAll(out T[] entries).IsOk);
        return entries;
    }
}
