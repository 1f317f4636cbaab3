using Microsoft.Extensions.DependencyInjection;
using Zurau;

namespace Client.Tests.Generators;

public sealed record Order(string Id, int Amount);

/// <summary>A service that handlers take.</summary>
public sealed class Ledger
{
    public List<string> Lines { get; } = [];
}

/// <summary>
/// Every kind of parameter; each method writes what it got, so that two ways of calling
/// it can be compared.
/// </summary>
public sealed class EveryParameter(Ledger ledger)
{
    [KafkaListener("t", Id = "plain")]
    public void Plain(Order order) => Write(order);

    [KafkaListener("t", "u", Id = "task", GroupId = "g", AckMode = AckMode.Record, Properties = ["max.poll.records=5"])]
    public async Task Async(string? value, [Key] string? key, CancellationToken cancellationToken)
    {
        await Task.Yield();
        Write(value, key, cancellationToken.CanBeCanceled);
    }

    [KafkaListener("t", Id = "valuetask", AckMode = AckMode.ManualImmediate, Concurrency = 1)]
    internal ValueTask Acknowledging(Ledger service, [Payload] Order order, IAcknowledgment ack)
    {
        ack.Acknowledge();
        Write(order, service == ledger);
        return default;
    }

    [KafkaListener("t", Id = "record")]
    public void WholeRecord(ConsumerRecord<string?, Order> record, Headers headers, Ledger service) =>
        Write(record.Key, record.Value, record.TopicPartition, record.Offset, headers.Count, service == ledger);

    [KafkaListener("t", Id = "headers")]
    public void ByHeader(
        Order order,
        [Header("text")] string text,
        [Header("number")] int number,
        [Header("number")] long wide,
        [Header("id")] Guid id,
        [Header("bytes")] byte[] bytes,
        [Header("absent")] string? absent,
        [Header("absent")] int? absentNumber,
        [Header("absent")] int defaulted = 7,
        [Header("absent")] string named = "none",
        [Header("absent", Required = false)] long optional = 0) =>
        Write(order, text, number, wide, id, Convert.ToHexString(bytes), absent, absentNumber, defaulted, named, optional);

    [KafkaListener("t", Id = "facts")]
    public void Facts(
        [Header(KafkaHeaders.ReceivedTopic)] string topic,
        [Header(KafkaHeaders.ReceivedPartition)] int partition,
        [Header(KafkaHeaders.Offset)] long offset,
        [Header(KafkaHeaders.ReceivedTimestamp)] DateTimeOffset time,
        [Header(KafkaHeaders.GroupId)] string group,
        [Header(KafkaHeaders.DeliveryAttempt)] int attempt,
        [Header(KafkaHeaders.ReceivedKey)] string? key,
        [Header(KafkaHeaders.ExceptionMessage)] string? message,
        [Header(KafkaHeaders.OriginalOffset)] long? original) =>
        Write(topic, partition, offset, time, group, attempt, key, message, original);

    [KafkaListener("t", Id = "keyed")]
    public void Keyed([FromKeyedServices("other")] Ledger other, int? value) => Write(other == ledger, other.Lines.Count, value);

    [KafkaListener("t", Id = "missing")]
    public void Missing([Header("nowhere")] string header) => Write(header);

    [KafkaListener("t", Id = "notnull")]
    public void NotNull([Key] string key, List<int> value) => Write(key, value.Count);

    [KafkaListener("t", Id = "failing")]
    public Task Failing(Order order) => throw new InvalidOperationException(order.Id);

    private void Write(params object?[] values) =>
        ledger.Lines.Add(string.Join("|", values.Select(value => value is null ? "null" : Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture))));
}
