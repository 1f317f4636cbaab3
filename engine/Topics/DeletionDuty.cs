using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Deletes the files of topics that were deleted, a few at a time. What fails is tried again, later each time; what has failed too often is
/// left to the next startup, which finds the folders by their names.
/// </summary>
internal sealed partial class DeletionDuty(IStorage storage, TopicStore store, ILogger logger) : IDuty
{
    internal const int FirstPauseMs = 1000;
    internal const int LongestPauseMs = 300_000;
    internal const int MaxFailures = 20;
    private readonly ConcurrentQueue<TopicDeletion> _added = new();
    private readonly List<TopicDeletion> _waiting = [];
    private IDutyHandle? _handle;

    public string Name => "zurau-deletion";

    public long NextWorkMs { get; private set; } = long.MaxValue;

    internal void Start(IDutyPump pump)
    {
        _handle = pump.Start(this);
        _handle.Wake(); // For what a startup has added.
    }

    internal void Stop() => _handle?.Dispose();

    /// <summary>Takes over a deletion. Any thread.</summary>
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
        Exception? thrown = null;
        foreach (TopicDeletion deletion in _waiting.Where(deletion => deletion.DueMs <= nowMs).ToArray())
        {
            steps++;
            try
            {
                if (IsOver(deletion, nowMs))
                {
                    _waiting.Remove(deletion);
                }
            }
            catch (Exception exception) when (exception is not IProcessEnd)
            {
                // Whatever it is, the others are served first.
                deletion.DueMs = nowMs + FirstPauseMs;
                thrown ??= exception;
            }
        }

        NextWorkMs = _waiting.Count == 0 ? long.MaxValue : _waiting.Min(static deletion => deletion.DueMs);
        if (thrown is not null)
        {
            ExceptionDispatchInfo.Throw(thrown); // Reported, and waited for, by the guard of all duties.
        }

        return steps;
    }

    // One step; true when there will be no other one.
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
        catch (StorageException exception)
        {
            if (++deletion.Failures == MaxFailures)
            {
                LogGivenUp(deletion.Name, exception.Message);
                return true;
            }

            int pauseMs = (int)Math.Min((long)FirstPauseMs << (deletion.Failures - 1), LongestPauseMs);
            deletion.DueMs = nowMs + pauseMs;
            LogFailed(deletion.Name, exception.Message, pauseMs);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deleting the files of topic '{Topic}' is tried again in {PauseMs} ms: {Reason}")]
    private partial void LogFailed(string topic, string reason, int pauseMs);

    [LoggerMessage(Level = LogLevel.Error, Message = "Deleting the files of topic '{Topic}' failed too often; the next startup goes on with it. {Reason}")]
    private partial void LogGivenUp(string topic, string reason);
}
