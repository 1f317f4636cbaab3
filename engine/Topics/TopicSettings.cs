using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>Changes the settings of topics. One caller at a time.</summary>
internal sealed class TopicSettings(LogSettings defaults, TopicStore store)
{
    /// <summary>Changes settings durably; they count for the topic's logs when this returns.</summary>
    internal ErrorResult Change(Topic topic, IReadOnlyList<ConfigChange> changes, out Topic altered)
    {
        altered = topic;
        ErrorResult result = TopicConfig.Change(defaults, topic.Description.Configs, changes, out Dictionary<string, string> configs);
        if (!result.IsSuccess)
        {
            return result;
        }

        altered = topic with { Description = topic.Description with { Configs = configs } };
        LogSettings settings = TopicConfig.Apply(defaults, configs);
        LogSettings before = TopicConfig.Apply(defaults, topic.Description.Configs);
        try
        {
            // The cleaned offset lets a later startup distinguish gaps from damage, even if the log
            // is not compacted any more. So no cleaning may continue after it is written.
            if (before.IsCompacted && !settings.IsCompacted)
            {
                Apply(topic, before with { IsCompacted = false });
                foreach (PartitionLog log in topic.Logs)
                {
                    log.Upkeep.AllowGapsWhereCleaned();
                }
            }

            if (before.IsCompacted != settings.IsCompacted)
            {
                store.WriteOffsets();
            }

            store.Put([altered.Description]);
        }
        catch (StorageException exception)
        {
            altered = topic;
            Apply(topic, before);
            if (before.IsCompacted && !settings.IsCompacted)
            {
                MarkAllDirty(topic);
            }

            return new ErrorResult(ErrorCode.KafkaStorageError, $"The settings of topic '{topic.Description.Name}' stay as they were: {exception.Message}");
        }

        Apply(topic, settings);
        if (settings.IsCompacted && !before.IsCompacted)
        {
            MarkAllDirty(topic);
        }

        return ErrorResult.None;
    }

    private static void MarkAllDirty(Topic topic)
    {
        foreach (PartitionLog log in topic.Logs)
        {
            log.Upkeep.MarkAllDirty();
        }
    }

    private static void Apply(Topic topic, LogSettings settings)
    {
        foreach (PartitionLog log in topic.Logs)
        {
            log.Apply(settings with { RandomSeed = log.Settings.RandomSeed });
        }
    }
}
