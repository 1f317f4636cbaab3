using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Coordination;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;

namespace Zurau.Engine;

/// <summary>
/// The parts of a broker, each after the parts that it uses. The constructor only
/// connects them: <see cref="BrokerStartup"/> locks, reads and starts.
/// </summary>
internal sealed class BrokerParts
{
    internal BrokerParts(BrokerSettings settings)
    {
        TimeProvider time = settings.TimeProvider;
        LogHooks? hooks = settings.Hooks;
        Settings = settings;
        Storage = new OwnedStorage(settings.Storage);
        Logger = settings.LoggerFactory.CreateLogger("Zurau.Engine");
        Health = new HealthLog(time, Logger, hooks is null ? null : hooks.OnException);
        DutyPump = new GuardedDutyPump(settings.DutyPump ?? new ThreadDutyPump(time), Health);
        Prefault = new PrefaultDuty(Health);
        Flushes = new FlushDuties(Health);

        // HashCode starts with random bits in each process. RandomNumberGenerator would load
        // OpenSSL, which is 10 % of a cold start.
        Random = new Random(settings.RandomSeed ?? HashCode.Combine(time.GetTimestamp(), Storage));
        Epoch = new DirectoryEpoch(Storage);
        Topics = new TopicRegistry(Storage, Epoch, settings.LogDefaults(), settings.NumPartitions, Random, time, Prefault, new SegmentCache(settings.MaxOpenSegments), Health, Logger);
        Offsets = new OffsetStore(Topics, settings.OffsetsTopicNumPartitions);
        GroupLog = new GroupLog(Topics, Offsets, settings.OffsetsTopicNumPartitions, settings.OffsetsTopicSegmentBytes, DutyPump, time, hooks);
        GroupTimers = new GroupTimers();
        GroupSteps = new GroupSteps(Offsets, GroupLog, Flushes, GroupTimers, Health, hooks);
        GroupSettings groupSettings = settings.Groups();
        Groups = new GroupCoordinator(Offsets, GroupLog, GroupSteps, Flushes, groupSettings, new Random(Random.Next()));
        GroupUpkeep = new GroupUpkeep(Offsets, GroupLog, GroupSteps, groupSettings, settings.OffsetsRetentionMinutes * 60_000L, Health);
        OffsetRequests = new OffsetCoordinator(Topics, GroupLog, Offsets, Flushes, settings.OffsetMetadataMaxBytes);

        ProducerIds = new ProducerIds(Storage, hooks);
        TransactionLog = new TransactionLog(Topics, settings.TransactionStateLogNumPartitions, settings.TransactionStateLogSegmentBytes, time);
        Completer = new TransactionCompleter(Topics, OffsetRequests, Flushes, Logger);
        TransactionHealth = new TransactionHealth(Health);
        Backlog = new TransactionBacklog(DutyPump, TransactionHealth);
        TransactionSteps = new TransactionSteps(TransactionLog, Completer, Flushes, DutyPump, time, Logger, hooks);
        TransactionStore = new TransactionStore(DutyPump, hooks);
        Transactions = new TransactionCoordinator(Topics, TransactionLog, TransactionStore, TransactionSteps, Completer, ProducerIds.Take, settings.TransactionMaxTimeoutMs);
        TransactionUpkeep = new TransactionUpkeep(TransactionStore, TransactionSteps, Backlog, settings.TransactionalIdExpirationMs);
        TransactionSteps.FinishLater = TransactionUpkeep.FinishAfterPause;
    }

    internal BrokerSettings Settings { get; }

    /// <summary>Set by the close; read by each request.</summary>
    internal ClosedFlag Closed { get; } = new();

    internal OwnedStorage Storage { get; }

    internal ILogger Logger { get; }

    internal HealthLog Health { get; }

    internal IDutyPump DutyPump { get; }

    internal PrefaultDuty Prefault { get; }

    internal FlushDuties Flushes { get; }

    /// <summary>Used at startup, and later under the topics' lock for changes.</summary>
    internal Random Random { get; }

    internal DirectoryEpoch Epoch { get; }

    internal TopicRegistry Topics { get; }

    internal OffsetStore Offsets { get; }

    internal GroupLog GroupLog { get; }

    internal GroupTimers GroupTimers { get; }

    internal GroupSteps GroupSteps { get; }

    internal GroupCoordinator Groups { get; }

    internal GroupUpkeep GroupUpkeep { get; }

    internal OffsetCoordinator OffsetRequests { get; }

    internal ProducerIds ProducerIds { get; }

    internal TransactionLog TransactionLog { get; }

    internal TransactionCompleter Completer { get; }

    internal TransactionHealth TransactionHealth { get; }

    internal TransactionBacklog Backlog { get; }

    internal TransactionSteps TransactionSteps { get; }

    internal TransactionStore TransactionStore { get; }

    internal TransactionCoordinator Transactions { get; }

    internal TransactionUpkeep TransactionUpkeep { get; }
}
