using System.Globalization;
using Microsoft.Extensions.Logging;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Embedded;

/// <summary>Administers topics of the embedded engine. Thread-safe.</summary>
internal sealed partial class EmbeddedAdmin(Broker broker, EmbeddedTopics topics, ILogger logger) : IKafkaAdmin
{
    /// <inheritdoc/>
    public Task CreateTopicAsync(NewTopic topic, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed(broker.CreateTopic(topic));
        bool wantsInSync = topic.Configs.TryGetValue("min.insync.replicas", out string? text)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int inSync) && inSync > 1;
        if (topic.ReplicationFactor > 1 || wantsInSync)
        {
            LogOneCopy(logger, topic.Name, topic.ReplicationFactor, text ?? "1");
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(
        bool includeInternal = false,
        CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<TopicDescription>>(
            [.. broker.ListTopics().Where(topic => includeInternal || !topic.IsInternal)]);
    }

    /// <inheritdoc/>
    public Task<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(topics.Get(topic, mayCreate: false));
    }

    /// <inheritdoc/>
    public Task AlterTopicConfigsAsync(string topic, IReadOnlyList<ConfigChange> changes, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed(broker.AlterTopicConfigs(topic, changes));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ConfigEntry>> DescribeTopicConfigsAsync(string topic, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed(broker.DescribeTopicConfigs(topic, out IReadOnlyList<ConfigEntry> configs));
        return Task.FromResult(configs);
    }

    /// <inheritdoc/>
    public Task<long> DeleteRecordsAsync(TopicPartition partition, long beforeOffset, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed(broker.DeleteRecords(partition, beforeOffset));
        ThrowIfFailed(broker.ListOffsets(partition, out long start, out _));
        return Task.FromResult(start);
    }

    /// <inheritdoc/>
    public async Task DeleteTopicAsync(string topic, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed(await broker.DeleteTopicAsync(topic).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<OffsetRange>> ListOffsetsAsync(string topic, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        cancellationToken.ThrowIfCancellationRequested();
        var ranges = new OffsetRange[topics.Get(topic, mayCreate: false).Partitions];
        for (int partition = 0; partition < ranges.Length; partition++)
        {
            ThrowIfFailed(broker.ListOffsets(new TopicPartition(topic, partition), out long start, out long end));
            ranges[partition] = new OffsetRange(start, end);
        }

        return Task.FromResult<IReadOnlyList<OffsetRange>>(ranges);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata>> ListConsumerGroupOffsetsAsync(
        string groupId,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata>>(broker
            .FetchOffsets(groupId, null)
            .Where(offset => offset.Committed is not null)
            .ToDictionary(offset => offset.Partition, offset => offset.Committed!.Value));
    }

    private static void ThrowIfFailed(ErrorResult result)
    {
        if (!result.IsSuccess)
        {
            throw new KafkaException(result.Error, result.Message ?? $"The engine answered {result.Error}.");
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Topic '{Topic}' asks for replication.factor={ReplicationFactor} and min.insync.replicas={InSync}; both are kept, and " +
            "the embedded engine runs one copy")]
    private static partial void LogOneCopy(ILogger logger, string topic, int replicationFactor, string inSync);
}
