using System.Globalization;
using Zurau;

namespace Orders;

/// <summary>
/// Publishes a source's orders without waiting for each one. Orders of one customer are in one partition, in the order of
/// the source. After a kill, a rerun publishes the lines that the topic does not have.
/// </summary>
internal sealed class OrderPublisher(IKafkaTemplate<string?, Order> template, RunCounters counters, LiveView view)
{
    /// <summary>The most orders that are sent and not acknowledged yet.</summary>
    private const int MaxInFlight = 20_000;

    private readonly Queue<(SourceLine Line, ValueTask<RecordMetadata> Send)> _inFlight = new();

    /// <summary>Publishes the lines that are not in the topic, and waits until all are acknowledged.</summary>
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

            if (line.Number == resume.Line)
            {
                hasResumed = line.Order == resume.Order ? true : throw Changed(source, resume);
            }

            if (line.Order is null)
            {
                if (line.Number > resume.Line)
                {
                    Report(source.Name, line.Number, $"is not an order: {line.Fault}");
                }
            }
            else if (!resume.Published.Contains(line.Number))
            {
                _inFlight.Enqueue((line, SendAsync(source.Name, line.Number, line.Order)));
            }

            while (_inFlight.TryPeek(out (SourceLine Line, ValueTask<RecordMetadata> Send) oldest)
                && (oldest.Send.IsCompleted || _inFlight.Count >= MaxInFlight))
            {
                await CompleteOldestAsync(source.Name, acknowledged);
            }
        }

        while (_inFlight.Count > 0)
        {
            await CompleteOldestAsync(source.Name, acknowledged);
        }

        if (!hasResumed)
        {
            throw Changed(source, resume);
        }
    }

    private async Task CompleteOldestAsync(string source, AcknowledgedFile? acknowledged)
    {
        (SourceLine line, ValueTask<RecordMetadata> send) = _inFlight.Dequeue();
        try
        {
            RecordMetadata stored = await send;
            acknowledged?.Add(line.Number, stored.TopicPartition.Partition, stored.Offset, line.Order!.OrderId);
            counters.CountPublished();
        }
        catch (KafkaException exception) when (exception.Error is ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge)
        {
            Report(source, line.Number, $"cannot be published: {exception.Message}"); // That line's fault, not the run's.
        }
    }

    private ValueTask<RecordMetadata> SendAsync(string source, long line, Order order)
    {
        // Orders without a customer share a key too: each partition then has the source's order, also after a rerun.
        var record = new ProducerRecord<string?, Order>("orders", order.Customer ?? "", order)
        {
            Headers = new Headers()
                .Add(SourceHeaders.File, source)
                .Add(SourceHeaders.Line, line.ToString(CultureInfo.InvariantCulture)),
        };
        return template.SendAsync(record); // Without a token, which would cost a registration for each order; the loop over the lines has one.
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
