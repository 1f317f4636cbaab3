namespace Zurau;

/// <summary>Header names, as in Spring for Apache Kafka.</summary>
public static class KafkaHeaders
{
    /// <summary>Topic of the record (string).</summary>
    public const string ReceivedTopic = "kafka_receivedTopic";

    /// <summary>Partition of the record (int).</summary>
    public const string ReceivedPartition = "kafka_receivedPartitionId";

    /// <summary>Key of the record; absent for a null key.</summary>
    public const string ReceivedKey = "kafka_receivedMessageKey";

    /// <summary>Timestamp of the record (long, milliseconds).</summary>
    public const string ReceivedTimestamp = "kafka_receivedTimestamp";

    /// <summary><c>CREATE_TIME</c> or <c>LOG_APPEND_TIME</c> (string).</summary>
    public const string TimestampType = "kafka_timestampType";

    /// <summary>Offset of the record (long).</summary>
    public const string Offset = "kafka_offset";

    /// <summary>Group of the listener (string).</summary>
    public const string GroupId = "kafka_groupId";

    /// <summary>Which delivery this is, from 1 (int).</summary>
    public const string DeliveryAttempt = "kafka_deliveryAttempt";
}
