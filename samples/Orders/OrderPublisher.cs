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

            if (line.Number > resume.Line && line.Order is null)
            {
                counters.CountMalformed();
                view.Warn($"line {line.Number} of {source.Name} is no order: {line.Fault}");
            }
            else if (line.Number > resume.Line)
            {
                RecordMetadata stored = await PublishAsync(source.Name, line.Number, line.Order!, cancellationToken);
                acknowledged?.Add(line.Number, stored.TopicPartition.Partition, stored.Offset, line.Order!.OrderId);
                counters.CountPublished();
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

    private async Task<RecordMetadata> PublishAsync(string source, long line, Order order, CancellationToken cancellationToken) =>
        await template.SendAsync(
            new ProducerRecord<string?, Order>("orders", order.Customer, order)
            {
                Headers = new Headers()
                    .Add(SourceHeaders.File, source)
                    .Add(SourceHeaders.Line, line.ToString(CultureInfo.InvariantCulture)),
            },
            cancellationToken);

    private static OrdersException Changed(OrderSource source, ResumePoint resume) => new(
        $"Line {resume.Line} of '{source.Name}' is not order {resume.Order?.OrderId} that was published from there; "
        + "give the new input a name of its own with --source NAME.");
}
