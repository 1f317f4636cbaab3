namespace Zurau.Engine.Common;

/// <summary>
/// Isolates duties from each other on any pump: if a duty throws, the exception is
/// reported and the duty is called again after a pause that grows with each failure.
/// Other duties are not affected. Thread-safe.
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
        private readonly RetryBackoff _backoff = new(); // Used only by the pump, which makes one call at a time.
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
                return 0; // Woken during the pause; the retry needs no wake-up.
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
                // Any exception: the process and the other duties continue.
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
                // Reporting failed, for example without memory or in the logger: the retry is more
                // important.
            }
        }
    }
}
