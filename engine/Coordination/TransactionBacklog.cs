using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Retries decided but unfinished work: ends of transactions, and markers that are
/// missing since startup. Each item is retried with a back-off until it succeeds; at
/// most <see cref="Limit"/> attempts run concurrently. Thread-safe.
/// </summary>
internal sealed class TransactionBacklog(IDutyPump pump, TransactionHealth health)
{
    internal const int Limit = 64;
    private readonly Lock _lock = new();
    private readonly Dictionary<object, Item> _items = []; // Guarded by _lock, like all fields below.
    private long _nextMs = long.MaxValue;
    private int _running;

    /// <summary>
    /// Called if there is work before the last returned <see cref="NextWorkMs"/>.
    /// </summary>
    internal Action Wake { get; set; } = static () => { };

    /// <summary>The time of the next attempt, on the pump's clock.</summary>
    internal long NextWorkMs
    {
        get
        {
            lock (_lock)
            {
                return _running < Limit ? _nextMs : long.MaxValue;
            }
        }
    }

    /// <summary>
    /// Adds an item, to be attempted after a pause. An item that exists already is
    /// attempted again after the current attempt.
    /// </summary>
    /// <param name="key">Identifies the item.</param>
    /// <param name="name">Names the item in messages.</param>
    /// <param name="delayMs">The pause.</param>
    /// <param name="attempt">Does the work; an error means that it is retried.</param>
    internal void Add(object key, string name, int delayMs, Func<ValueTask<ErrorResult>> attempt)
    {
        lock (_lock)
        {
            if (_items.TryGetValue(key, out Item? known))
            {
                known.IsAddedAgain = true;
                return;
            }

            var item = new Item(key, name, attempt) { DueMs = pump.NowMs + delayMs };
            _items.Add(key, item);
            _nextMs = Math.Min(_nextMs, item.DueMs);
        }

        Wake();
    }

    /// <summary>Starts the due attempts up to the limit; returns their number.</summary>
    internal int Run(long nowMs)
    {
        Item[] due;
        lock (_lock)
        {
            if (nowMs < _nextMs || _running >= Limit)
            {
                return 0;
            }

            due = [.. _items.Values.Where(item => !item.IsRunning && item.DueMs <= nowMs).OrderBy(static item => item.DueMs).Take(Limit - _running)];
            foreach (Item item in due)
            {
                item.IsRunning = true;
                item.IsAddedAgain = false;
                _running++;
            }

            _nextMs = _items.Values.Where(static item => !item.IsRunning).Select(static item => item.DueMs).Append(long.MaxValue).Min();
        }

        foreach (Item item in due)
        {
            _ = RunAsync(item); // Reports its outcome itself.
        }

        return due.Length;
    }

    private async Task RunAsync(Item item)
    {
        ErrorResult result;
        Exception? thrown = null;
        try
        {
            result = await item.Attempt().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, the other transactions are ended, and this one is tried again.
        catch (Exception exception) when (exception is not IProcessEnd)
        {
            thrown = exception;
            result = new ErrorResult(ErrorCode.UnknownServerError, exception.Message);
        }
#pragma warning restore CA1031

        if (result.IsSuccess)
        {
            health.Worked(item.Key);
        }
        else
        {
            health.Failed(item.Key, item.Name, result.Message ?? $"{result.Error}.", thrown);
        }

        Finish(item, result.IsSuccess);
        Wake();
    }

    private void Finish(Item item, bool isDone)
    {
        lock (_lock)
        {
            _running--;
            item.IsRunning = false;
            if (isDone && !item.IsAddedAgain)
            {
                _items.Remove(item.Key);
                return;
            }

            if (!isDone)
            {
                item.Backoff.Failed(pump.NowMs);
            }

            item.DueMs = isDone ? pump.NowMs + RetryBackoff.FirstMs : item.Backoff.RetryAtMs;
            _nextMs = Math.Min(_nextMs, item.DueMs);
        }
    }

    private sealed class Item(object key, string name, Func<ValueTask<ErrorResult>> attempt)
    {
        internal object Key { get; } = key;

        internal string Name { get; } = name;

        internal Func<ValueTask<ErrorResult>> Attempt { get; } = attempt;

        internal RetryBackoff Backoff { get; } = new();

        internal long DueMs { get; set; }

        internal bool IsRunning { get; set; }

        internal bool IsAddedAgain { get; set; }
    }
}
