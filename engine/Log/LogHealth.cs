using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// Reports failures of one log, unless its topic is deleted: another log may have the same
/// name. Thread-safe.
/// </summary>
/// <param name="health">Shows the failures; null if nothing shows them.</param>
/// <param name="partition">The log's partition.</param>
/// <param name="directory">The log's folder.</param>
internal sealed class LogHealth(HealthLog? health, TopicPartition partition, LogDirectory directory)
{
    internal void Report(string component, string reason, Exception? exception = null)
    {
        if (directory.IsAbandoned)
        {
            return;
        }

        health?.Report(component, reason, partition, exception);
        if (directory.IsAbandoned)
        {
            Clear(component); // The report may have followed the removal of the topic's reports.
        }
    }

    internal void Clear(string component) => health?.Clear(component, partition);
}
