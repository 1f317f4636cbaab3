using System.Collections.Immutable;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Reads and writes the records of <c>__transaction_state</c>. Key: int16 0,
/// transactional id. Value: int16 version; 0 is plain, 1 is flexible with tagged fields
/// (<see cref="TransactionTags"/>). Writes version 1, reads both.
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
        WritePartitions(value, state.Partitions);
        value.Int64(state.LastUpdateMs).Int64(state.StartMs);
        TransactionTags.Write(value, state);
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
            state = TransactionTags.Read(ref parser, state);
        }

        return version is 0 or 1 && !parser.IsBroken && Enum.IsDefined(state.State);
    }

    internal static void WritePartitions(RecordWriter value, ImmutableHashSet<TopicPartition>? all)
    {
        if (all is null)
        {
            value.Unsigned(0);
            return;
        }

        IGrouping<string, TopicPartition>[] topics =
            [.. all.GroupBy(static partition => partition.Topic).OrderBy(static topic => topic.Key, StringComparer.Ordinal)];
        value.Unsigned(topics.Length + 1);
        foreach (IGrouping<string, TopicPartition> topic in topics)
        {
            int[] partitions = [.. topic.Select(static partition => partition.Partition).Order()];
            value.CompactText(topic.Key).Unsigned(partitions.Length + 1);
            Array.ForEach(partitions, partition => value.Int32(partition));
            value.Unsigned(0);
        }
    }

    internal static ImmutableHashSet<TopicPartition>? ReadPartitions(ref RecordParser parser, bool isFlexible)
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
