namespace Zurau.Tests;

/// <summary>Bounds what a test waits for, so that a hang is a failure with a name.</summary>
internal static class Within
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    internal static Task<T> Limit<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(s_limit);

    internal static Task Limit(this ValueTask task) => task.AsTask().WaitAsync(s_limit);

    internal static Task<T> Limit<T>(this Task<T> task) => task.WaitAsync(s_limit);

    internal static Task Limit(this Task task) => task.WaitAsync(s_limit);

    /// <summary>Waits for a condition that other threads bring about.</summary>
    internal static void Until(Func<bool> condition, string what) => Assert.True(SpinWait.SpinUntil(condition, s_limit), $"{what} did not happen within {s_limit}");
}
