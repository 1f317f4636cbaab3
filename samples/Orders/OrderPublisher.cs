using System.Globalization;
using Zurau;

namespace Orders;

/// <summary>
/// Publishes a source's orders one at a time, each when the one before is acknowledged, so that the topic always holds the source's
/// lines up to some point and no others: that point is where a rerun goes on.
/// </summary>
internal sealed class OrderPublisher(IKafkaTemplate<string?, Order> template, RunCounters counters, LiveView view)
{
    /// <summary>Publishes what comes after the resume point.</summary>
    /// <exception cref="OrdersException">The source is not the one that was published under its name.</exception>
    public async Task PublishAsync(
        OrderSource source,
        ResumePoint resume,
        AcknowledgedFile? acknowledged,
        CancellationToken cancellationToken)
    {
        bool hasResumed = resume.Line == 0;
        await foreach (SourceLine line in source.ReadAsync(cancellationToken))
        {
            if (line.Number > resume.Line && !hasResumed)
            {
                throw Changed(source, resume);
            }

            if (line.Number > resume.Line)
            {
                await PublishAsync(source.Name, line, acknowledged, cancellationToken);
            }
            else if (line.Number == resume.Line)
            {
                hasResumed = line.Order == resume.Order ? true : throw Changed(source, resume);
            }
        }

        if (!hasResumed)
        {
            throw Changed(source, resume);
        }
    }

    private async Task PublishAsync(string source, SourceLine line, AcknowledgedFile? acknowledged, CancellationToken cancellationToken)
    {
        if (line.Order is null)
        {
            Report(source, line.Number, $"is no order: {line.Fault}");
            return;
        }

        try
        {
            RecordMetadata stored = await SendAsync(source, line.Number, line.Order, cancellationToken);
            acknowledged?.Add(line.Number, stored.TopicPartition.Partition, stored.Offset, line.Order.OrderId);
            counters.CountPublished();
        }
        catch (KafkaException exception) when (exception.Error is ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge)
        {
            Report(source, line.Number, $"cannot be published: {exception.Message}"); // That line's fault, not the run's.
        }
    }

    private ValueTask<RecordMetadata> SendAsync(string source, long line, Order order, CancellationToken cancellationToken)
    {
        var record = new ProducerRecord<string?, Order>("orders", order.Customer, order)
        {
            Headers = new Headers()
                .Add(SourceHeaders.File, source)
                .Add(SourceHeaders.Line, line.ToString(CultureInfo.InvariantCulture)),
        };
        return template.SendAsync(record, cancellationToken);
    }

    private void Report(string source, long line, string fault)
    {
        counters.CountMalformed();
        view.Warn($"line {line} of {source} {fault}");
    }

    private static OrdersException Changed(OrderSource source, ResumePoint resume) => new(
        $"Line {resume.Line} of '{source.Name}' is not order {resume.Order?.OrderId} that was published from there; "
        + "give the new input a name of its own with --source NAME.");
}
