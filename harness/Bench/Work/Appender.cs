using System.Diagnostics;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// Pipelines the appends of one thread: it waits only if its window is full, and for all
/// responses at the end. Not thread-safe.
/// </summary>
internal sealed class Appender(Broker broker, TopicPartition partition, Acking mode)
{
    /// <summary>The maximum number of batches without a response.</summary>
    internal const int Window = 256;

    internal const int CommitMs = 5;

    private readonly Queue<ValueTask<AppendResult>> _unanswered = new(Window);
    private long _lastCommit = Stopwatch.GetTimestamp();

    internal void Append(ReadOnlyMemory<byte> batch)
    {
        ValueTask<AppendResult> answer = broker.AppendAsync(partition, batch, NextAcks());
        if (answer.IsCompletedSuccessfully)
        {
            Check(answer.Result);
            return;
        }

        if (_unanswered.Count == Window)
        {
            Wait();
        }

        _unanswered.Enqueue(answer);
    }

    /// <summary>
    /// Appends the last batch, durably if the mode requires it, and waits for all
    /// responses.
    /// </summary>
    internal void Finish(ReadOnlyMemory<byte> batch)
    {
        _unanswered.Enqueue(broker.AppendAsync(partition, batch, mode == Acking.Leader ? Acks.Leader : Acks.All));
        while (_unanswered.Count > 0)
        {
            Wait();
        }
    }

    /// <summary>Appends batches in rotation.</summary>
    internal void AppendAll(IReadOnlyList<byte[]> batches, long count)
    {
        for (long i = 0; i < count - 1; i++)
        {
            Append(batches[(int)(i % batches.Count)]);
        }

        Finish(batches[0]);
    }

    private static void Check(AppendResult result)
    {
        if (result.Error != ErrorCode.None)
        {
            throw new InvalidOperationException($"{result.Error}: {result.Message}");
        }
    }

    private Acks NextAcks()
    {
        if (mode != Acking.AllEach5Ms)
        {
            return mode == Acking.Leader ? Acks.Leader : Acks.All;
        }

        long now = Stopwatch.GetTimestamp();
        if (Stopwatch.GetElapsedTime(_lastCommit, now).TotalMilliseconds < CommitMs)
        {
            return Acks.Leader;
        }

        _lastCommit = now;
        return Acks.All;
    }

    private void Wait() => Check(_unanswered.Dequeue().AsTask().GetAwaiter().GetResult());
}
