namespace Zurau.Transport;

/// <summary>What <see cref="IConsumerTransport.PollAsync"/> returns. The default value reports nothing.</summary>
public readonly struct ConsumerEvent
{
    private readonly IReadOnlyList<TopicPartition>? _partitions;

    private ConsumerEvent(ConsumerEventKind kind, RecordLease? records, IReadOnlyList<TopicPartition>? partitions, long offset)
    {
        Kind = kind;
        Records = records;
        _partitions = partitions;
        Offset = offset;
    }

    /// <summary>Gets what is reported.</summary>
    public ConsumerEventKind Kind { get; }

    /// <summary>Gets the records, which the receiver disposes; null unless the kind is <see cref="ConsumerEventKind.Records"/>.</summary>
    public RecordLease? Records { get; }

    /// <summary>Gets the partitions of a rebalance, or the one whose position was reset; empty for other kinds.</summary>
    public IReadOnlyList<TopicPartition> Partitions => _partitions ?? [];

    /// <summary>Gets the new position of a <see cref="ConsumerEventKind.PositionReset"/>.</summary>
    public long Offset { get; }

    /// <summary>Creates an event of records.</summary>
    public static ConsumerEvent Of(RecordLease records) => new(ConsumerEventKind.Records, records, null, 0);

    /// <summary>Creates an event of assigned partitions.</summary>
    public static ConsumerEvent Assigned(IReadOnlyList<TopicPartition> partitions) => new(ConsumerEventKind.Assigned, null, partitions, 0);

    /// <summary>Creates an event of partitions that are about to be revoked.</summary>
    public static ConsumerEvent Revoking(IReadOnlyList<TopicPartition> partitions) => new(ConsumerEventKind.Revoking, null, partitions, 0);

    /// <summary>Creates an event of partitions that belong to another member already.</summary>
    public static ConsumerEvent Lost(IReadOnlyList<TopicPartition> partitions) => new(ConsumerEventKind.Lost, null, partitions, 0);

    /// <summary>Creates an event of a partition that is read at another offset.</summary>
    public static ConsumerEvent PositionReset(TopicPartition partition, long offset) =>
        new(ConsumerEventKind.PositionReset, null, [partition], offset);
}
