namespace Zurau.Engine.Common;

/// <summary>States in the code that the failure of an operation changes nothing; the build refuses every other result that no code checks.</summary>
internal static class IgnoredResults
{
    /// <summary>Discards a result.</summary>
    /// <param name="result">The result; also an error code or a task.</param>
    /// <param name="reason">Why a failure changes nothing: a constant that is not empty. The build checks it.</param>
    internal static void IgnoreBecause<T>(this T result, string reason)
    {
        // The reason is for the reader and for the rule; neither costs anything at run time.
        _ = result;
        _ = reason;
    }
}
