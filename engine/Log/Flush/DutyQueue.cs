using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>What a duty is to work at, in the order of the requests. Any thread adds and wakes the duty; only the duty takes.</summary>
internal sealed class DutyQueue<T>
{
    private readonly ConcurrentQueue<T> _requested = new();
    private IDutyHandle? _handle;

    internal void Start(IDutyPump pump, IDuty duty) => _handle = pump.Start(duty);

    internal void Stop() => _handle?.Dispose();

    internal void Add(T request)
    {
        _requested.Enqueue(request);
        _handle?.Wake();
    }

    internal bool TryTake([MaybeNullWhen(false)] out T request) => _requested.TryDequeue(out request);
}
