using Zurau;
using Zurau.Listening;

namespace Client.Tests.Listening.Support;

/// <summary>One call of a bench's handler.</summary>
internal sealed class Call(ListenerInvocation invocation)
{
    public ListenerInvocation Invocation => invocation;

    public int Partition { get; } = invocation.GetHeader(KafkaHeaders.ReceivedPartition, true, 0);

    public long Offset { get; } = invocation.GetHeader(KafkaHeaders.Offset, true, 0L);

    public int Attempt { get; } = invocation.GetHeader(KafkaHeaders.DeliveryAttempt, true, 0);

    public string? Value => invocation.GetValue<string?>();

    public IAcknowledgment Ack => invocation.Acknowledgment;
}
