namespace Zurau;

/// <summary>
/// Header names, as in Spring for Apache Kafka. The exception and original names bind both forms that Spring writes,
/// <c>kafka_exception-…</c> (retry topics) and <c>kafka_dlt-exception-…</c> (dead letters); where a name repeats, the last one counts.
/// </summary>
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

    /// <summary>Type of the exception that a dead letter is about (string).</summary>
    public const string ExceptionFqcn = "kafka_exception-fqcn";

    /// <summary>Type of the first exception below it: what the handler threw (string).</summary>
    public const string ExceptionCauseFqcn = "kafka_exception-cause-fqcn";

    /// <summary>Its message (string).</summary>
    public const string ExceptionMessage = "kafka_exception-message";

    /// <summary>Its stack trace (string).</summary>
    public const string ExceptionStacktrace = "kafka_exception-stacktrace";

    /// <summary>Type of the exception about an undeserializable key (string).</summary>
    public const string KeyExceptionFqcn = "kafka_key-exception-fqcn";

    /// <summary>Message of the exception about an undeserializable key (string).</summary>
    public const string KeyExceptionMessage = "kafka_key-exception-message";

    /// <summary>Stack trace of the exception about an undeserializable key (string).</summary>
    public const string KeyExceptionStacktrace = "kafka_key-exception-stacktrace";

    /// <summary>Topic that a dead letter comes from (string).</summary>
    public const string OriginalTopic = "kafka_original-topic";

    /// <summary>Partition that a dead letter comes from (int).</summary>
    public const string OriginalPartition = "kafka_original-partition";

    /// <summary>Offset that a dead letter had (long).</summary>
    public const string OriginalOffset = "kafka_original-offset";

    /// <summary>Timestamp that a dead letter had (long, milliseconds).</summary>
    public const string OriginalTimestamp = "kafka_original-timestamp";

    /// <summary><c>CreateTime</c> or <c>LogAppendTime</c>: who set that timestamp (string).</summary>
    public const string OriginalTimestampType = "kafka_original-timestamp-type";

    /// <summary>Group whose listener gave the record up (string).</summary>
    public const string OriginalConsumerGroup = "kafka_dlt-original-consumer-group";

    internal const string DltExceptionFqcn = "kafka_dlt-exception-fqcn";
    internal const string DltExceptionCauseFqcn = "kafka_dlt-exception-cause-fqcn";
    internal const string DltExceptionMessage = "kafka_dlt-exception-message";
    internal const string DltExceptionStacktrace = "kafka_dlt-exception-stacktrace";
    internal const string DltKeyExceptionFqcn = "kafka_dlt-key-exception-fqcn";
    internal const string DltKeyExceptionMessage = "kafka_dlt-key-exception-message";
    internal const string DltKeyExceptionStacktrace = "kafka_dlt-key-exception-stacktrace";
    internal const string DltOriginalTopic = "kafka_dlt-original-topic";
    internal const string DltOriginalPartition = "kafka_dlt-original-partition";
    internal const string DltOriginalOffset = "kafka_dlt-original-offset";
    internal const string DltOriginalTimestamp = "kafka_dlt-original-timestamp";
    internal const string DltOriginalTimestampType = "kafka_dlt-original-timestamp-type";

    private const string Prefix = "kafka_";
    private const string DltPrefix = "kafka_dlt-";

    /// <summary>The other form of an exception or original name; null for a name that has one form.</summary>
    internal static string? OtherForm(string name)
    {
        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        bool isDlt = name.StartsWith(DltPrefix, StringComparison.Ordinal);
        string rest = name[(isDlt ? DltPrefix.Length : Prefix.Length)..];
        bool hasTwoForms = rest.StartsWith("exception-", StringComparison.Ordinal)
            || rest.StartsWith("key-exception-", StringComparison.Ordinal)
            || rest.StartsWith("original-", StringComparison.Ordinal);
        return hasTwoForms ? (isDlt ? Prefix : DltPrefix) + rest : null;
    }
}
