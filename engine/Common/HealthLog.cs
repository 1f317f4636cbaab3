using Microsoft.Extensions.Logging;

namespace Zurau.Engine.Common;

/// <summary>
/// Tracks the parts of the engine that currently fail. A part calls
/// <see cref="Report"/> when it fails and <see cref="Clear"/> when it works again.
/// Failures are counted, and logged with a limit: a part that keeps failing logs once
/// per <see cref="RepeatAfter"/>, with a stack trace only the first time; all
/// partitions of a part together log at most <see cref="MaxLines"/> lines in that time.
/// Uses only code that is loaded at broker startup: if the descriptors are exhausted,
/// no other code can be loaded. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="logger">The logger; called outside the lock.</param>
/// <param name="onException">Called with each reported exception, by a simulator; null
/// in production.</param>
internal sealed partial class HealthLog(TimeProvider time, ILogger logger, Action<Exception>? onException = null)
{
    internal const int MaxLines = 10;
    internal static readonly TimeSpan RepeatAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Component, TopicPartition? Partition), Entry> _entries = [];
    private readonly Dictionary<string, LineBudget> _budgets = new(StringComparer.Ordinal);

    /// <summary>Lists the current failures, the oldest first.</summary>
    internal IReadOnlyList<HealthIssue> Snapshot()
    {
        lock (_lock)
        {
            return
            [
                .. _entries
                    .Where(static entry => entry.Value.Failures > 0)
                    .Select(static entry => new HealthIssue(entry.Key.Component, entry.Key.Partition, entry.Value.Reason, entry.Value.Since, entry.Value.Failures))
                    .OrderBy(static issue => issue.Since)
                    .ThenBy(static issue => issue.Component, StringComparer.Ordinal)
                    .ThenBy(static issue => issue.Partition?.ToString(), StringComparer.Ordinal),
            ];
        }
    }

    /// <summary>Records a failure and logs it within the limits.</summary>
    /// <param name="component">The part that fails.</param>
    /// <param name="reason">The failure and its remedy.</param>
    /// <param name="partition">The affected partition, if any.</param>
    /// <param name="exception">The exception, if any.</param>
    /// <param name="isLogged">False if the caller logs the failure itself.</param>
    internal void Report(string component, string reason, TopicPartition? partition = null, Exception? exception = null, bool isLogged = true)
    {
        if (exception is not null)
        {
            onException?.Invoke(exception);
        }

        bool isFirst;
        bool logs;
        int leftOut = 0;
        Entry entry;
        lock (_lock)
        {
            long now = time.GetTimestamp();
            if (!_entries.TryGetValue((component, partition), out entry!))
            {
                entry = _entries[(component, partition)] = new Entry();
            }

            isFirst = entry.LoggedAt is null;
            entry.Since = entry.Failures == 0 ? time.GetUtcNow() : entry.Since;
            entry.Failures++;
            entry.Reason = reason;
            logs = isLogged && (entry.LoggedAt is not { } loggedAt || time.GetElapsedTime(loggedAt, now) >= RepeatAfter) && TryTakeLine(component, now, out leftOut);
            entry.IsLogged |= logs;
            entry.LoggedAt = logs ? now : entry.LoggedAt;
        }

        if (logs)
        {
            string subject = Subject(component, partition);
            if (isFirst)
            {
                LogFailed(exception, subject, reason);
            }
            else
            {
                LogStillFails(subject, entry.Failures, entry.Since, reason);
            }
        }

        if (leftOut > 0)
        {
            LogLeftOut(leftOut, component);
        }
    }

    /// <summary>
    /// Clears a failure when the part works again. Does nothing if there is none.
    /// </summary>
    internal void Clear(string component, TopicPartition? partition = null)
    {
        long failures;
        DateTimeOffset since;
        bool wasLogged;
        lock (_lock)
        {
            if (!_entries.TryGetValue((component, partition), out Entry? entry) || entry.Failures == 0)
            {
                return;
            }

            (failures, since, wasLogged) = (entry.Failures, entry.Since, entry.IsLogged);
            entry.Failures = 0;
            entry.IsLogged = false;

            // A recently logged entry is kept, so that a part that alternately fails and works
            // does not log each time.
            if (entry.LoggedAt is not { } loggedAt || time.GetElapsedTime(loggedAt) >= RepeatAfter)
            {
                _entries.Remove((component, partition));
            }
        }

        if (wasLogged)
        {
            LogWorksAgain(Subject(component, partition), failures, since);
        }
    }

    /// <summary>Removes all entries of a deleted partition.</summary>
    internal void Forget(TopicPartition partition)
    {
        lock (_lock)
        {
            foreach ((string, TopicPartition?) key in _entries.Keys.Where(key => key.Partition == partition).ToArray())
            {
                _entries.Remove(key);
            }
        }
    }

    private static string Subject(string component, TopicPartition? partition) => partition is null ? component : $"{component} of {partition}";

    private bool TryTakeLine(string component, long now, out int leftOut)
    {
        leftOut = 0;
        if (!_budgets.TryGetValue(component, out LineBudget budget) || time.GetElapsedTime(budget.Begin, now) >= RepeatAfter)
        {
            leftOut = budget.LeftOut;
            budget = new LineBudget(now, 0, 0);
        }

        bool isAllowed = budget.Lines < MaxLines;
        _budgets[component] = isAllowed ? budget with { Lines = budget.Lines + 1 } : budget with { LeftOut = budget.LeftOut + 1 };
        return isAllowed;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed: {Subject}. {Reason}")]
    private partial void LogFailed(Exception? exception, string subject, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Still failing, {Failures} times since {Since:O}: {Subject}. {Reason}")]
    private partial void LogStillFails(string subject, long failures, DateTimeOffset since, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} more failures of '{Component}' were not logged; Broker.Health lists what fails.")]
    private partial void LogLeftOut(int count, string component);

    [LoggerMessage(Level = LogLevel.Information, Message = "Works again: {Subject}, after {Failures} failures since {Since:O}.")]
    private partial void LogWorksAgain(string subject, long failures, DateTimeOffset since);

    private sealed class Entry
    {
        internal long Failures; // 0: the part works again; the entry is kept for LoggedAt only.
        internal DateTimeOffset Since;
        internal string Reason = "";
        internal bool IsLogged; // True if logged since the part last worked.
        internal long? LoggedAt;
    }

    private readonly record struct LineBudget(long Begin, int Lines, int LeftOut);
}
