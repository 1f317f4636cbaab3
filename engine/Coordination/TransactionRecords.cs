using System.Collections.Immutable;

namespace Zurau.Engine.Coordination;

/// <summary>
/// The records of <c>__transaction_state</c>. Key: int16 0, transactional id. Value: int16 version; 0 is plain, 1 flexible with tagged
/// fields. Written as version 1, read as both.
/// </summary>
internal static class TransactionRecords
{
    private const short KeyType = 0;
    private const short ValueVersion = 1;

    internal static byte[] Key(string transactionalId) => new RecordWriter().Int16(KeyType).Text(transactionalId).ToArray();

    internal static byte[] Value(TransactionMetadata state)
    {
        RecordWriter value = new RecordWriter()
            .Int16(ValueVersion)
            .Int64(state.ProducerId)
            .Int16(state.Epoch)
            .Int32(state.TimeoutMs)
            .Int8((sbyte)state.State);
        WritePartitions(value, state);
        value.Int64(state.LastUpdateMs).Int64(state.StartMs);
        WriteTags(value, state);
        return value.ToArray();
    }

    internal static bool TryReadKey(ReadOnlySpan<byte> key, out string transactionalId)
    {
        var parser = new RecordParser(key);
        short type = parser.Int16();
        transactionalId = parser.Text();
        return type == KeyType && !parser.IsBroken;
    }

    internal static bool TryReadValue(ReadOnlySpan<byte> value, out TransactionMetadata? state)
    {
        var parser = new RecordParser(value);
        short version = parser.Int16();
        bool isFlexible = version == 1;
        state = new TransactionMetadata
        {
            ProducerId = parser.Int64(),
            Epoch = parser.Int16(),
            TimeoutMs = parser.Int32(),
            State = (TransactionState)parser.Int8(),
            Partitions = ReadPartitions(ref parser, isFlexible),
            LastUpdateMs = parser.Int64(),
            StartMs = parser.Int64(),
        };
        if (isFlexible)
        {
            state = ReadTags(ref parser, state);
        }

        return version is 0 or 1 && !parser.IsBroken && Enum.IsDefined(state.State);
    }

    private static void WritePartitions(RecordWriter value, TransactionMetadata state)
    {
        if (state.Partitions is null)
        {
            value.Unsigned(0);
            return;
        }

        IGrouping<string, TopicPartition>[] topics =
            [.. state.Partitions.GroupBy(static partition => partition.Topic).OrderBy(static topic => topic.Key, StringComparer.Ordinal)];
        value.Unsigned(topics.Length + 1);
        foreach (IGrouping<string, TopicPartition> topic in topics)
        {
            int[] partitions = [.. topic.Select(static partition => partition.Partition).Order()];
            value.CompactText(topic.Key).Unsigned(partitions.Length + 1);
            Array.ForEach(partitions, partition => value.Int32(partition));
            value.Unsigned(0);
        }
    }

    private static ImmutableHashSet<TopicPartition>? ReadPartitions(ref RecordParser parser, bool isFlexible)
    {
        int topics = parser.Count(isFlexible);
        if (topics < 0)
        {
            return null;
        }

        ImmutableHashSet<TopicPartition>.Builder partitions = ImmutableHashSet.CreateBuilder<TopicPartition>();
        for (int i = 0; i < topics && !parser.IsBroken; i++)
        {
            string topic = isFlexible ? parser.CompactText() : parser.Text();
            int count = parser.Count(isFlexible);
            for (int j = 0; j < count && !parser.IsBroken; j++)
            {
                partitions.Add(new TopicPartition(topic, parser.Int32()));
            }

            if (isFlexible)
            {
                SkipTags(ref parser);
            }
        }

        return partitions.ToImmutable();
    }

    // Fields that have their default are left out; tags go up.
    private static void WriteTags(RecordWriter value, TransactionMetadata state)
    {
        bool[] isThere = [state.PreviousProducerId >= 0, state.NextProducerId >= 0, state.ClientVersion != 0, state.NextEpoch >= 0];
        value.Unsigned(isThere.Count(static there => there));
        for (int tag = 0; tag < isThere.Length; tag++)
        {
            if (isThere[tag])
            {
                value.Unsigned(tag).Unsigned(tag < 2 ? sizeof(long) : sizeof(short));
                _ = tag switch
                {
                    0 => value.Int64(state.PreviousProducerId),
                    1 => value.Int64(state.NextProducerId),
                    2 => value.Int16(state.ClientVersion),
                    _ => value.Int16(state.NextEpoch),
                };
            }
        }
    }

    private static TransactionMetadata ReadTags(ref RecordParser parser, TransactionMetadata state)
    {
        int count = parser.Unsigned();
        for (int i = 0; i < count && !parser.IsBroken; i++)
        {
            int tag = parser.Unsigned();
            int size = parser.Unsigned();
            switch ((tag, size))
            {
                case (0, sizeof(long)):
                    state = state with { PreviousProducerId = parser.Int64() };
                    break;
                case (1, sizeof(long)):
                    state = state with { NextProducerId = parser.Int64() };
                    break;
                case (2, sizeof(short)):
                    state = state with { ClientVersion = parser.Int16() };
                    break;
                case (3, sizeof(short)):
                    state = state with { NextEpoch = parser.Int16() };
                    break;
                default:
                    parser.Skip(size);
                    break;
            }
        }

        return state;
    }

    private static void SkipTags(ref RecordParser parser)
    {
        int count = parser.Unsigned();
        for (int i = 0; i < count && !parser.IsBroken; i++)
        {
            parser.Unsigned();
            parser.Skip(parser.Unsigned());
        }
    }
}
