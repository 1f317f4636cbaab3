using System.Globalization;

namespace Zurau.Engine.Topics;

/// <summary>Defines the names of the folders in a data directory, as in Kafka.</summary>
internal static class PartitionDirectory
{
    private const string DeleteSuffix = "-delete";
    private const int MaxNameLength = 255;

    internal static string Of(TopicPartition partition) => partition.ToString();

    /// <summary>
    /// Returns the folder name for a topic that is being deleted: it contains the topic's
    /// id, so that a startup can finish an interrupted deletion.
    /// </summary>
    internal static string Deleted(TopicPartition partition, Guid topicId)
    {
        string suffix = string.Create(CultureInfo.InvariantCulture, $"-{partition.Partition}.{topicId:N}{DeleteSuffix}");
        int room = MaxNameLength - suffix.Length;
        return partition.Topic[..Math.Min(partition.Topic.Length, room)] + suffix;
    }

    internal static bool TryParseDeleted(string name, out Guid topicId)
    {
        topicId = default;
        int dot = name.LastIndexOf('.');
        return name.EndsWith(DeleteSuffix, StringComparison.Ordinal)
            && dot >= 0
            && Guid.TryParseExact(name.AsSpan(dot + 1, Math.Max(0, name.Length - dot - 1 - DeleteSuffix.Length)), "N", out topicId);
    }

    /// <summary>Splits at the last dash: topic names may contain dashes.</summary>
    internal static bool TryParse(string name, out TopicPartition partition)
    {
        partition = default;
        int dash = name.LastIndexOf('-');
        if (dash <= 0
            || TopicName.Problem(name[..dash]) is not null
            || !int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return false;
        }

        partition = new TopicPartition(name[..dash], number);
        return Of(partition) == name;
    }
}
