using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>Shows failures of one log, unless its topic is deleted: another log may have the name by then. Thread-safe.</summary>
/// <param name="health">Where they are shown; null if nothing shows them.</param>
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
            Clear(component); // Perhaps after what was shown of the topic has been forgotten.
        }
    }

    internal void Clear(string component) => health?.Clear(component, partition);
}
