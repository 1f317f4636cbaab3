using System.Collections.Concurrent;
using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// The producers of a log as they are at the reserved end, each behind a gate of its own. Thread-safe; finding a known one takes no lock.
/// </summary>
internal sealed class LiveProducers
{
    private readonly ConcurrentDictionary<long, LiveProducer> _producers = new();
    private readonly LogHooks? _hooks;

    internal LiveProducers(ProducerStates recovered, LogHooks? hooks)
    {
        _hooks = hooks;
        foreach (ProducerState state in recovered.All)
        {
            var producer = new LiveProducer(state.ProducerId);
            producer.Restore(state, recovered.Recent.GetValueOrDefault(state.ProducerId));
            _producers[state.ProducerId] = producer;
        }
    }

    /// <summary>The producers that may have a transaction here. A moment later it may be other ones.</summary>
    internal IEnumerable<LiveProducer> All => _producers.Values;

    /// <summary>Finds a producer; null where it is not known. Its members belong to who is at its gate, or to a start.</summary>
    internal LiveProducer? TryFind(long producerId) => _producers.GetValueOrDefault(producerId);

    /// <summary>Waits at a producer's gate and goes in; the caller must <see cref="LiveProducer.Exit"/>.</summary>
    internal LiveProducer Enter(long producerId)
    {
        while (true) // Ends with an entry that was not forgotten meanwhile: a forgotten one is in the dictionary no more.
        {
            LiveProducer producer = _producers.GetOrAdd(producerId, static id => new LiveProducer(id));
            producer.Enter(_hooks);
            if (!producer.IsForgotten)
            {
                return producer;
            }

            producer.Exit();
        }
    }

    /// <summary>Ends what <see cref="Enter"/> began, and forgets a producer of which nothing was ever accepted.</summary>
    internal void Exit(LiveProducer producer)
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
        LiveProducer producer = Enter(producerId);
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
        foreach ((long producerId, LiveProducer producer) in _producers)
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
