using Microsoft.Extensions.Logging;
using Zurau.Transport;

namespace Zurau.Listening;

/// <summary>
/// Runs one listener: one consumer, one loop, records one after the other. Can be stopped and started again. Thread-safe.
/// </summary>
/// <remarks>
/// At stop the handler's <see cref="CancellationToken"/> fires at once. The record in hand may finish, or throw an
/// <see cref="OperationCanceledException"/>, which is neither a failure nor an attempt; what was acknowledged is committed, then the
/// consumer leaves its group. A handler that is not back within <c>ShutdownTimeoutMs</c> is no longer waited for: unless it still finishes
/// before the process ends, its record comes again.
/// </remarks>
public sealed class ListenerContainer
{
    private readonly ListenerMethod _method;
    private readonly IKafkaTransport _transport;
    private readonly ListenerServices _services;
    private readonly ILogger _logger;
    private readonly ListenerCounters _counters;

    /// <summary>Guards the three fields below.</summary>
    private readonly Lock _lock = new();

    private ListenerLoop? _loop;
    private Task _running = Task.CompletedTask;
    private CancellationTokenSource? _stop;

    internal ListenerContainer(
        ListenerMethod method,
        ListenerSettings settings,
        IKafkaTransport transport,
        ListenerServices services,
        ILogger logger)
    {
        _method = method;
        Settings = settings;
        _transport = transport;
        _services = services;
        _logger = logger;
        _counters = new ListenerCounters(settings);
    }

    /// <summary>The listener's name.</summary>
    public string Id => Settings.Id;

    /// <summary>The handler: class, method and parameters.</summary>
    public string Method => _method.DisplayName;

    /// <summary>The consumer group.</summary>
    public string GroupId => Settings.GroupId;

    /// <summary>The topics.</summary>
    public IReadOnlyList<string> Topics => Settings.Topics;

    /// <summary>False before the start, after a stop and after a failure with <see cref="OnExhausted.Stop"/>.</summary>
    public bool IsRunning
    {
        get
        {
            lock (_lock)
            {
                return _loop is not null && !_running.IsCompleted;
            }
        }
    }

    /// <summary>The partitions that are assigned at this moment.</summary>
    public IReadOnlyList<TopicPartition> Assignment
    {
        get
        {
            lock (_lock)
            {
                return _loop?.Assignment ?? [];
            }
        }
    }

    /// <summary>Deliveries that the handler finished without an exception, since the process started.</summary>
    public long RecordsHandled => _counters.Handled;

    /// <summary>Deliveries that failed.</summary>
    public long RecordsFailed => _counters.Failed;

    /// <summary>Failed deliveries that were tried again.</summary>
    public long RecordsRetried => _counters.Retried;

    /// <summary>Records that went to the dead-letter topic.</summary>
    public long RecordsDeadLettered => _counters.DeadLettered;

    /// <summary>Records that were given up without a dead letter.</summary>
    public long RecordsSkipped => _counters.Skipped;

    internal ListenerSettings Settings { get; }

    /// <summary>Joins the group and begins to handle records; does nothing while it runs.</summary>
    /// <param name="cancellationToken">Ends the wait for the group; the listener still joins it until it is stopped.</param>
    /// <exception cref="KafkaException">The group or a topic refuses.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task running;
        lock (_lock)
        {
            if (!_running.IsCompleted)
            {
                return;
            }

            var loop = new ListenerLoop(_method, Settings, _transport, _services, _counters, _logger);
            _stop = new CancellationTokenSource();
            _loop = loop;
            _running = running = RunAsync(loop, joined, _stop.Token);
        }

        try
        {
            await joined.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (joined.Task.IsFaulted)
        {
            await running.ConfigureAwait(false); // It can be started again.
            throw;
        }

        ListenerLog.Started(_logger, Id, Method, string.Join(", ", Topics), GroupId, Settings.AckMode);
    }

    /// <summary>Stops after the record in hand, commits what is done and leaves the group; does nothing when it does not run.</summary>
    /// <param name="cancellationToken">Ends the wait for the record in hand before the shutdown timeout does.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        Task running;
        lock (_lock)
        {
            if (_loop is null || _running.IsCompleted)
            {
                return;
            }

            running = _running;
            _stop!.Cancel();
            _loop.Wakeup();
        }

        try
        {
            await running.WaitAsync(Settings.ShutdownTimeout, _transport.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            ListenerLog.StopTimedOut(_logger, Id, Settings.ShutdownTimeout);
        }
    }

    private async Task RunAsync(ListenerLoop loop, TaskCompletionSource joined, CancellationToken stop)
    {
        // From here on it runs on the thread pool, outside of the lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Exception? refusal = await JoinAsync(loop, stop).ConfigureAwait(false);
        if (refusal is not null)
        {
            await CloseAsync(loop).ConfigureAwait(false);
            joined.SetException(refusal);
            return;
        }

        joined.SetResult();
        try
        {
            while (!stop.IsCancellationRequested && !loop.HasGivenUp)
            {
                await loop.PollOnceAsync(Settings.PollTimeout, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped while it waited.
        }
        catch (Exception e)
        {
            ListenerLog.Crashed(_logger, e, Id);
        }

        await CloseAsync(loop).ConfigureAwait(false);
    }

    private static async ValueTask<Exception?> JoinAsync(ListenerLoop loop, CancellationToken stop)
    {
        try
        {
            await loop.SubscribeAsync(stop).ConfigureAwait(false);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private async ValueTask CloseAsync(ListenerLoop loop)
    {
        try
        {
            await loop.DisposeAsync().ConfigureAwait(false);
            ListenerLog.Stopped(_logger, Id);
        }
        catch (Exception e)
        {
            // The host goes on stopping; the group learns of the member's end by its session timeout.
            ListenerLog.Crashed(_logger, e, Id);
        }
    }
}
