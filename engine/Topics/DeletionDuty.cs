using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Deletes the files of deleted topics, a few at a time. Failures are retried with a
/// growing pause; after too many failures the next startup continues, because the
/// folders' names identify them.
/// </summary>
internal sealed partial class DeletionDuty(IStorage storage, TopicStore store, HealthLog health, ILogger logger) : IDuty, IBackgroundWork
{
    internal const int FirstPauseMs = 1000;
    internal const int LongestPauseMs = 300_000;
    internal const int MaxFailures = 20;
    private const string Component = "topic deletion";
    private readonly ConcurrentQueue<TopicDeletion> _added = new();
    private readonly List<TopicDeletion> _waiting = [];
    private int _givenUp; // Reported until the next startup has completed them.
    private IDutyHandle? _handle;

    public string Name => "zurau-deletion";

    public long NextWorkMs { get; private set; } = long.MaxValue;

    public void Start(IDutyPump pump)
    {
        _handle = pump.Start(this);
        _handle.Wake(); // For deletions that a startup added.
    }

    public void Stop() => _handle?.Dispose();

    /// <summary>Adds a deletion. Thread-safe.</summary>
    internal void Add(TopicDeletion deletion)
    {
        _added.Enqueue(deletion);
        _handle?.Wake();
    }

    public int DoWork(long nowMs)
    {
        while (_added.TryDequeue(out TopicDeletion? added)) // Ends: a deletion is added once for each topic.
        {
            _waiting.Add(added);
        }

        int steps = 0;
        foreach (TopicDeletion deletion in _waiting.Where(deletion => deletion.DueMs <= nowMs).ToArray())
        {
            steps++;
            bool hadFailed = deletion.Failures > 0;
            if (IsOver(deletion, nowMs))
            {
                _waiting.Remove(deletion);
            }

            if (hadFailed && _givenUp == 0 && _waiting.TrueForAll(static other => other.Failures == 0))
            {
                health.Clear(Component);
            }
        }

        NextWorkMs = _waiting.Count == 0 ? long.MaxValue : _waiting.Min(static deletion => deletion.DueMs);
        return steps;
    }

    // Executes one step; returns true if it was the last one.
    private bool IsOver(TopicDeletion deletion, long nowMs)
    {
        try
        {
            if (!deletion.IsMarked)
            {
                deletion.Mark(storage, store);
            }

            bool isDone = deletion.Step(storage);
            deletion.Failures = 0;
            return isDone;
        }
        catch (Exception exception) when (exception is not IProcessEnd)
        {
            // Any exception: the other topics are still deleted.
            string reason = exception is StorageException ? exception.Message : $"{exception.GetType().Name}: {exception.Message}";
            bool isOver = ++deletion.Failures == MaxFailures;
            int pauseMs = (int)Math.Min((long)FirstPauseMs << (deletion.Failures - 1), LongestPauseMs);
            deletion.DueMs = nowMs + pauseMs;
            if (isOver)
            {
                _givenUp++;
                LogGivenUp(deletion.Name, reason);
            }
            else
            {
                LogFailed(deletion.Name, reason, pauseMs);
            }

            string next = isOver ? "the next startup continues it" : "it is retried";
            health.Report(Component, $"Deleting the files of topic '{deletion.Name}' failed; {next}. {reason}", exception: exception is StorageException ? null : exception, isLogged: false);
            return isOver;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deleting the files of topic '{Topic}' is retried in {PauseMs} ms: {Reason}")]
    private partial void LogFailed(string topic, string reason, int pauseMs);

    [LoggerMessage(Level = LogLevel.Error, Message = "Deleting the files of topic '{Topic}' failed too often; the next startup continues it. {Reason}")]
    private partial void LogGivenUp(string topic, string reason);
}
