namespace Zurau.Engine.Common;

/// <summary>
/// Documents in the code that a failure of an operation has no effect; the build
/// refuses every other unchecked result.
/// </summary>
internal static class IgnoredResults
{
    /// <summary>Discards a result.</summary>
    /// <param name="result">The result; also an error code or a task.</param>
    /// <param name="reason">Why a failure has no effect: a non-empty constant, which the
    /// build checks.</param>
    internal static void IgnoreBecause<T>(this T result, string reason)
    {
        // The reason is for readers and for the analyzer rule; it costs nothing at run time.
        _ = result;
        _ = reason;
    }
}
