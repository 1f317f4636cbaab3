using System.Buffers.Binary;
using System.Text;

namespace Zurau.Listening;

/// <summary>
/// Writes a dead letter's headers: Spring's names, order and byte forms, .NET's type names and stack traces. Source headers come first,
/// then the exception, then the origin. What an earlier dead-lettering said about its exception is replaced, what it said about the origin
/// stays and the new origin follows, so the last one counts.
/// </summary>
internal static class DeadLetterHeaders
{
    private static readonly string[] s_exceptionHeaders =
    [
        KafkaHeaders.DltExceptionFqcn,
        KafkaHeaders.DltExceptionCauseFqcn,
        KafkaHeaders.DltExceptionMessage,
        KafkaHeaders.DltExceptionStacktrace,
        KafkaHeaders.DltKeyExceptionFqcn,
        KafkaHeaders.DltKeyExceptionMessage,
        KafkaHeaders.DltKeyExceptionStacktrace,
    ];

    /// <summary>Makes the headers of a dead letter.</summary>
    public static Headers Of(ConsumerRecord<byte[]?, byte[]?> record, DeadLetterFailure failure, string groupId)
    {
        var headers = new Headers(record.Headers);
        foreach (string name in s_exceptionHeaders)
        {
            headers.Remove(name);
        }

        if (failure.KeyException is { } key)
        {
            headers.Add(KafkaHeaders.DltKeyExceptionFqcn, NameOf(key));
            if (failure.Exception is null)
            {
                headers.Add(KafkaHeaders.DltExceptionCauseFqcn, NameOf(key));
            }

            headers.Add(KafkaHeaders.DltKeyExceptionMessage, key.Message);
            headers.Add(KafkaHeaders.DltKeyExceptionStacktrace, key.ToString());
        }

        if (failure.Exception is { } exception)
        {
            // Of an undeserializable value Spring names the same exception twice: nothing of the handler's is below it.
            Exception cause = exception is ListenerExecutionException ? exception.InnerException! : exception;
            headers.Add(KafkaHeaders.DltExceptionFqcn, NameOf(exception));
            headers.Add(KafkaHeaders.DltExceptionCauseFqcn, NameOf(cause));
            headers.Add(KafkaHeaders.DltExceptionMessage, exception.Message);
            headers.Add(KafkaHeaders.DltExceptionStacktrace, exception.ToString());
        }

        return headers
            .Add(KafkaHeaders.DltOriginalTopic, record.TopicPartition.Topic)
            .Add(KafkaHeaders.DltOriginalPartition, BigEndian(record.TopicPartition.Partition))
            .Add(KafkaHeaders.DltOriginalOffset, BigEndian(record.Offset))
            .Add(KafkaHeaders.DltOriginalTimestamp, BigEndian(record.TimestampMs))
            .Add(
                KafkaHeaders.DltOriginalTimestampType,
                record.TimestampType == TimestampType.LogAppendTime ? "LogAppendTime" : "CreateTime")
            .Add(KafkaHeaders.OriginalConsumerGroup, groupId);
    }

    /// <summary>The same headers without stack traces, for a record that is too large with them.</summary>
    public static Headers WithoutStackTraces(Headers headers) =>
        new Headers(headers).Remove(KafkaHeaders.DltExceptionStacktrace).Remove(KafkaHeaders.DltKeyExceptionStacktrace);

    private static byte[] NameOf(Exception exception) => Encoding.UTF8.GetBytes(exception.GetType().FullName ?? exception.GetType().Name);

    private static byte[] BigEndian(int value)
    {
        byte[] bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] BigEndian(long value)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}
