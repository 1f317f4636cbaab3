using Zurau.Engine.Common;

namespace Zurau.Transport;

/// <summary>
/// The seam between the client and whatever keeps the log: the embedded engine or a cluster. Raw v2 batches go in, leased batches
/// come out; semantics are Kafka's. Thread-safe but for what the parts say.
/// </summary>
public interface IKafkaTransport : IAsyncDisposable
{
    /// <summary>What it is connected to, for people: <c>embedded engine in /srv/app/data</c>.</summary>
    string Description { get; }

    /// <summary>The clock of timestamps, waits and back-offs.</summary>
    TimeProvider TimeProvider { get; }

    /// <summary>Runs the client's duties.</summary>
    IDutyPump DutyPump { get; }

    /// <summary>Appends batches; shared by all producers.</summary>
    IProducerTransport Producer { get; }

    /// <summary>Topic administration.</summary>
    IKafkaAdmin Admin { get; }

    /// <summary>Makes a consumer's side of the connection.</summary>
    IConsumerTransport CreateConsumer(ConsumerOptions options);
}
