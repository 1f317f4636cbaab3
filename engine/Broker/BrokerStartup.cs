using Zurau.Engine.Common;
using Zurau.Engine.Coordination;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;

namespace Zurau.Engine;

/// <summary>
/// Opens a data directory in steps. If one fails, nothing stays running, open or locked.
/// <see cref="BrokerShutdown"/> is the reverse.
/// </summary>
internal static class BrokerStartup
{
    /// <exception cref="StorageException">The directory cannot be used; the message has the remedy.</exception>
    internal static BrokerDuties Run(BrokerParts parts)
    {
        LockDirectory(parts);
        try
        {
            bool isClean = ReadMarkers(parts);
            OpenTopics(parts, isClean);
            LoadGroups(parts);
            LoadTransactions(parts, isClean);
            ClampOffsets(parts, isClean);
            LoadProducerIds(parts);
            return StartDuties(parts);
        }
        catch
        {
            Attempts.All(parts.Topics.Release, parts.Storage.Release); // No caller has a broker to close.
            throw;
        }
    }

    private static void LockDirectory(BrokerParts parts) => parts.Storage.Acquire();

    /// <summary>
    /// Reads the newest epoch, creates the identity of a new directory, and deletes the
    /// clean shutdown marker; returns whether there was one.
    /// </summary>
    private static bool ReadMarkers(BrokerParts parts)
    {
        parts.Epoch.Load();
        MetaProperties.Ensure(parts.Storage, parts.Random);
        return CleanShutdownMarker.Take(parts.Storage); // Last: a damaged file above does not make the shutdown unclean.
    }

    /// <summary>Recovers every log; a damaged partition is offline.</summary>
    private static void OpenTopics(BrokerParts parts, bool isClean) => parts.Topics.Open(isClean);

    private static void LoadGroups(BrokerParts parts) => new GroupLoader(parts.Topics, parts.GroupLog, parts.Offsets, parts.Logger).Load();

    /// <summary>
    /// After the groups: a missing marker that is written again completes offsets of groups.
    /// </summary>
    private static void LoadTransactions(BrokerParts parts, bool isClean)
    {
        var loader = new TransactionLoader(parts.Topics, parts.TransactionLog, parts.TransactionStore, parts.TransactionSteps, parts.TransactionUpkeep, parts.Completer, parts.Backlog, parts.Logger);
        loader.Load(isClean && !parts.Topics.HasLostFolders(TopicName.TransactionState));
    }

    /// <summary>
    /// After the transactions: an offset of an open one is reset only if it can still be
    /// committed.
    /// </summary>
    private static void ClampOffsets(BrokerParts parts, bool isClean)
    {
        bool mayHaveLost = !isClean || parts.Topics.HasLostFolders();
        if (mayHaveLost && parts.Topics.Find(TopicName.ConsumerOffsets) is not null)
        {
            new OffsetClamp(parts.Topics, parts.GroupLog, parts.Offsets, parts.TransactionStore, parts.Logger).Apply();
        }
    }

    private static void LoadProducerIds(BrokerParts parts) =>
        parts.ProducerIds.Load(Math.Max(parts.Topics.HighestProducerId, parts.TransactionStore.HighestProducerId));

    private static BrokerDuties StartDuties(BrokerParts parts)
    {
        var duties = new BrokerDuties(parts);
        duties.Start();
        return duties;
    }
}
