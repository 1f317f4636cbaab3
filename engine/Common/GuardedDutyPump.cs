namespace Zurau.Engine.Common;

/// <summary>
/// Guards every duty that it starts, whichever pump runs it: a duty that throws is reported, and called again later, after a longer pause
/// each time. The other duties do not notice. Thread-safe.
/// </summary>
internal sealed class GuardedDutyPump(IDutyPump inner, HealthLog health) : IDutyPump
{
    /// <inheritdoc/>
    public long NowMs => inner.NowMs;

    /// <inheritdoc/>
    public IDutyHandle Start(IDuty duty)
    {
        ArgumentNullException.ThrowIfNull(duty);
        return new GuardedDuty(duty, inner, health);
    }

    private sealed class GuardedDuty : IDuty, IDutyHandle
    {
        private readonly IDuty _duty;
        private readonly HealthLog _health;
        private readonly string _component;
        private readonly RetryBackoff _backoff = new(); // The pump's: it makes one call at a time.
        private readonly IDutyHandle _handle;

        internal GuardedDuty(IDuty duty, IDutyPump pump, HealthLog health)
        {
            _duty = duty;
            _health = health;
            _component = $"duty {duty.Name}";
            _handle = pump.Start(this);
        }

        public string Name => _duty.Name;

        public long NextWorkMs => _backoff.IsFailing ? _backoff.RetryAtMs : _duty.NextWorkMs;

        public int DoWork(long nowMs)
        {
            if (_backoff.IsFailing && nowMs < _backoff.RetryAtMs)
            {
                return 0; // Woken during the pause. Its time to retry comes without a wake-up.
            }

            try
            {
                int work = _duty.DoWork(nowMs);
                if (_backoff.IsFailing)
                {
                    _backoff.Worked();
                    _health.Clear(_component);
                }

                return work;
            }
            catch (Exception exception) when (exception is not IProcessEnd)
            {
                // Whatever it is, the process and the other duties go on.
                _backoff.Failed(nowMs);
                Report(exception);
                return 0;
            }
        }

        public void Wake() => _handle.Wake();

        public void Dispose()
        {
            _handle.Dispose();
            _health.Clear(_component);
        }

        private void Report(Exception exception)
        {
            try
            {
                _health.Report(_component, $"{exception.GetType().Name}: {exception.Message}", exception: exception);
            }
            catch (Exception second) when (second is not IProcessEnd)
            {
                // No memory to report with, or a logger that throws: the retry matters more.
            }
        }
    }
}
