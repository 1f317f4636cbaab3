using System.Collections.Immutable;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Reads and writes the tagged fields of a value in <c>__transaction_state</c>:
/// Kafka's, and three of our own with distant numbers. Readers skip unknown tags.
/// </summary>
internal static class TransactionTags
{
    private const int DataEnds = 0x5A00;
    private const int WrittenEnd = 0x5A01;
    private const int TopicIds = 0x5A02;

    /// <summary>Omits fields with default values; tags are in ascending order.</summary>
    internal static void Write(RecordWriter value, TransactionMetadata state)
    {
        var tags = new List<(int Tag, RecordWriter Field)>();
        Add(state.PreviousProducerId >= 0, 0, field => field.Int64(state.PreviousProducerId));
        Add(state.NextProducerId >= 0, 1, field => field.Int64(state.NextProducerId));
        Add(state.ClientVersion != 0, 2, field => field.Int16(state.ClientVersion));
        Add(state.NextEpoch >= 0, 3, field => field.Int16(state.NextEpoch));
        Add(!state.DataEnds.IsEmpty, DataEnds, field => WriteDataEnds(field, state.DataEnds));
        Add(state.WrittenEnd is not null, WrittenEnd, field => WriteWrittenEnd(field, state.WrittenEnd!));
        Add(!state.TopicIds.IsEmpty, TopicIds, field => WriteTopicIds(field, state.TopicIds));
        value.Unsigned(tags.Count);
        foreach ((int tag, RecordWriter field) in tags)
        {
            value.Unsigned(tag).Sized(field);
        }

        void Add(bool isThere, int tag, Action<RecordWriter> write)
        {
            if (isThere)
            {
                var field = new RecordWriter();
                write(field);
                tags.Add((tag, field));
            }
        }
    }

    internal static TransactionMetadata Read(ref RecordParser parser, TransactionMetadata state)
    {
        int count = parser.Unsigned();
        for (int i = 0; i < count && !parser.IsBroken; i++)
        {
            int tag = parser.Unsigned();
            int size = parser.Unsigned();
            RecordParser field = parser.Sized(size);
            state = (tag, size) switch
            {
                (0, sizeof(long)) => state with { PreviousProducerId = field.Int64() },
                (1, sizeof(long)) => state with { NextProducerId = field.Int64() },
                (2, sizeof(short)) => state with { ClientVersion = field.Int16() },
                (3, sizeof(short)) => state with { NextEpoch = field.Int16() },
                (DataEnds, _) => state with { DataEnds = ReadDataEnds(ref field) },
                (WrittenEnd, _) => state with { WrittenEnd = ReadWrittenEnd(ref field) },
                (TopicIds, _) => state with { TopicIds = ReadTopicIds(ref field) },
                _ => state,
            };
            parser.BreakWith(field);
        }

        return state;
    }

    private static void WriteDataEnds(RecordWriter field, ImmutableArray<DataEnd> ends)
    {
        field.Unsigned(ends.Length + 1);
        foreach (DataEnd end in ends)
        {
            field.CompactText(end.Partition.Topic).Int32(end.Partition.Partition).Uuid(end.TopicId).Int64(end.EndOffset);
        }
    }

    private static ImmutableArray<DataEnd> ReadDataEnds(ref RecordParser field)
    {
        ImmutableArray<DataEnd>.Builder ends = ImmutableArray.CreateBuilder<DataEnd>();
        for (int count = field.Count(isCompact: true); count > 0 && !field.IsBroken; count--)
        {
            string topic = field.CompactText();
            int partition = field.Int32();
            ends.Add(new DataEnd(new TopicPartition(topic, partition), field.Uuid(), field.Int64()));
        }

        return ends.ToImmutable();
    }

    private static void WriteWrittenEnd(RecordWriter field, WrittenEnd end)
    {
        field.Int64(end.ProducerId).Int16(end.Epoch).Int8(end.IsCommit ? (sbyte)1 : (sbyte)0);
        TransactionRecords.WritePartitions(field, end.Partitions);
        WriteTopicIds(field, end.TopicIds);
    }

    private static WrittenEnd ReadWrittenEnd(ref RecordParser field)
    {
        long producerId = field.Int64();
        short epoch = field.Int16();
        bool isCommit = field.Int8() != 0;
        var end = new WrittenEnd(producerId, epoch, isCommit, TransactionRecords.ReadPartitions(ref field, isFlexible: true) ?? []);
        return field.RemainingBytes == 0 ? end : end with { TopicIds = ReadTopicIds(ref field) }; // Older records end here.
    }

    private static void WriteTopicIds(RecordWriter field, ImmutableDictionary<string, Guid> ids)
    {
        field.Unsigned(ids.Count + 1);
        foreach ((string topic, Guid id) in ids.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
        {
            field.CompactText(topic).Uuid(id);
        }
    }

    private static ImmutableDictionary<string, Guid> ReadTopicIds(ref RecordParser field)
    {
        ImmutableDictionary<string, Guid>.Builder ids = TransactionMetadata.NoTopicIds.ToBuilder();
        for (int count = field.Count(isCompact: true); count > 0 && !field.IsBroken; count--)
        {
            string topic = field.CompactText();
            ids[topic] = field.Uuid();
        }

        return ids.ToImmutable();
    }
}
