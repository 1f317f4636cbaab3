using System.Collections.Concurrent;
using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// The producers of a log at its reserved end, which appends are checked against; each has a gate of its own. State in log order, for snapshots,
/// is in <see cref="LoggedProducers"/>. Thread-safe; finding a known producer acquires no lock.
/// </summary>
internal sealed class AppendProducers
{
    private readonly ConcurrentDictionary<long, AppendProducer> _producers = new();
    private readonly LogHooks? _hooks;

    internal AppendProducers(LoggedProducers recovered, LogHooks? hooks)
    {
        _hooks = hooks;
        foreach (LoggedProducer state in recovered.All)
        {
            var producer = new AppendProducer(state.ProducerId);
            producer.Restore(state, recovered.Recent.GetValueOrDefault(state.ProducerId));
            _producers[state.ProducerId] = producer;
        }
    }

    /// <summary>The producers that may have a transaction here. A moment later it may be other ones.</summary>
    internal IEnumerable<AppendProducer> All => _producers.Values;

    /// <summary>Finds a producer; null where it is not known. Its members belong to who is at its gate, or to a start.</summary>
    internal AppendProducer? TryFind(long producerId) => _producers.GetValueOrDefault(producerId);

    /// <summary>Waits at a producer's gate and goes in; the caller must <see cref="AppendProducer.Exit"/>.</summary>
    internal AppendProducer Enter(long producerId)
    {
        while (true) // Ends with an entry that was not forgotten meanwhile: a forgotten one is in the dictionary no more.
        {
            AppendProducer producer = _producers.GetOrAdd(producerId, static id => new AppendProducer(id));
            producer.Enter(_hooks);
            if (!producer.IsForgotten)
            {
                return producer;
            }

            producer.Exit();
        }
    }

    /// <summary>Ends what <see cref="Enter"/> began, and forgets a producer of which nothing was ever accepted.</summary>
    internal void Exit(AppendProducer producer)
    {
        if (producer.TryForgetBlank())
        {
            _producers.TryRemove(KeyValuePair.Create(producer.ProducerId, producer));
        }

        producer.Exit();
    }

    /// <summary>Lets batches of a transaction come: its coordinator knows that it has to end it here.</summary>
    internal void AddToTransaction(long producerId, short epoch, bool bumpsEpoch)
    {
        AppendProducer producer = Enter(producerId);
        producer.AddToTransaction(epoch, bumpsEpoch);
        producer.Exit();
    }

    /// <summary>Forgets producers that have been idle for so long and have no transaction here; returns them with the end of what each had written.</summary>
    /// <param name="nowMs">Monotonic milliseconds.</param>
    /// <param name="expirationMs"><c>producer.id.expiration.ms</c>.</param>
    /// <param name="wall">The wall clock.</param>
    internal IReadOnlyList<KeyValuePair<long, long>> Expire(long nowMs, long expirationMs, ExpiryTime wall)
    {
        var forgotten = new List<KeyValuePair<long, long>>();
        foreach ((long producerId, AppendProducer producer) in _producers)
        {
            producer.Enter(_hooks);
            if (!producer.IsForgotten && producer.TryForget(nowMs, expirationMs, wall))
            {
                forgotten.Add(KeyValuePair.Create(producerId, producer.EndOffset));
                _producers.TryRemove(producerId, out _);
            }

            producer.Exit();
        }

        return forgotten;
    }
}
