using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Reports in <c>Broker.Health</c> that transactions cannot be ended, with the last
/// reason, until none fails any more. Thread-safe.
/// </summary>
internal sealed class TransactionHealth(HealthLog health)
{
    internal const string Component = "transactions";
    private readonly Lock _lock = new();
    private readonly HashSet<object> _failing = []; // Guarded by _lock. Bounded by the existing transactions and the owed markers.

    internal void Failed(object key, string name, string reason, Exception? exception = null)
    {
        lock (_lock)
        {
            _failing.Add(key);
        }

        health.Report(Component, $"{name}: {reason} It is retried.", exception: exception);
    }

    internal void Worked(object key)
    {
        bool isClear;
        lock (_lock)
        {
            isClear = _failing.Remove(key) && _failing.Count == 0;
        }

        if (isClear)
        {
            health.Clear(Component);
        }
    }
}
