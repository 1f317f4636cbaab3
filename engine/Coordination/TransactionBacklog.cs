using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Work that is decided and not done: ends of transactions, and markers that a startup owes. Each piece is attempted again with a back-off until
/// it is done; at most <see cref="Limit"/> attempts run at once. Thread-safe.
/// </summary>
internal sealed class TransactionBacklog(IDutyPump pump, TransactionHealth health)
{
    internal const int Limit = 64;
    private readonly Lock _lock = new();
    private readonly Dictionary<object, Item> _items = []; // Guarded by _lock, as is all below.
    private long _nextMs = long.MaxValue;
    private int _running;

    /// <summary>Called when there is work before the time that <see cref="NextWorkMs"/> last said.</summary>
    internal Action Wake { get; set; } = static () => { };

    /// <summary>When the next attempt is due, on the pump's clock.</summary>
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

    /// <summary>Adds a piece of work, to be attempted after a pause. Work that is there already is attempted once more after the attempt under way.</summary>
    /// <param name="key">What it is about.</param>
    /// <param name="name">What it is about, for messages.</param>
    /// <param name="delayMs">The pause.</param>
    /// <param name="attempt">Does the work; an error means: once more, later.</param>
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

    /// <summary>Begins the attempts that are due, as many as may run; returns how many.</summary>
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
