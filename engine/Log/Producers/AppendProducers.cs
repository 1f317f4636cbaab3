using System.Collections.Concurrent;
using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// The producers of a log at its reserved end, against which appends are checked; each has its
/// own lock. State in log order, for snapshots, is in <see cref="LoggedProducers"/>.
/// Thread-safe; finding a known producer acquires no lock.
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

    /// <summary>
    /// The known producers. Other threads may change the collection during the enumeration.
    /// </summary>
    internal IEnumerable<AppendProducer> All => _producers.Values;

    /// <summary>
    /// Finds a producer; null if it is not known. Its members belong to the holder of its lock,
    /// or to the startup.
    /// </summary>
    internal AppendProducer? TryFind(long producerId) => _producers.GetValueOrDefault(producerId);

    /// <summary>
    /// Acquires the lock of a producer; the caller must call <see cref="Exit"/> or
    /// <see cref="AppendProducer.Exit"/>.
    /// </summary>
    internal AppendProducer Enter(long producerId)
    {
        while (true) // Ends with an entry that was not forgotten meanwhile: a forgotten one is no longer in the dictionary.
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

    /// <summary>
    /// Releases the lock, and removes a producer of which nothing was ever accepted.
    /// </summary>
    internal void Exit(AppendProducer producer)
    {
        if (producer.TryForgetBlank())
        {
            _producers.TryRemove(KeyValuePair.Create(producer.ProducerId, producer));
        }

        producer.Exit();
    }

    /// <summary>
    /// Allows batches of a transaction: its coordinator will write a marker to this partition.
    /// </summary>
    internal void AddToTransaction(long producerId, short epoch, bool bumpsEpoch)
    {
        AppendProducer producer = Enter(producerId);
        producer.AddToTransaction(epoch, bumpsEpoch);
        producer.Exit();
    }

    /// <summary>
    /// Removes producers that have been idle for the expiration time and have no open
    /// transaction; returns their ids with the end offset of each one's last batch or marker.
    /// </summary>
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
