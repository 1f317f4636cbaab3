using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// The requests of a duty, in order. Any thread adds one and wakes the duty; only the duty
/// removes them.
/// </summary>
internal sealed class DutyQueue<T>
{
    private readonly ConcurrentQueue<T> _requested = new();
    private IDutyHandle? _handle;

    internal void Start(IDutyPump pump, IDuty duty)
    {
        _handle = pump.Start(duty);
        if (!_requested.IsEmpty)
        {
            _handle.Wake(); // Requests from before, whose Add found no handle.
        }
    }

    internal void Stop() => _handle?.Dispose();

    internal void Add(T request)
    {
        _requested.Enqueue(request);
        _handle?.Wake();
    }

    internal bool TryTake([MaybeNullWhen(false)] out T request) => _requested.TryDequeue(out request);
}
