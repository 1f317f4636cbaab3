using System.Buffers.Binary;
using System.Text;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Reads and writes the records of <c>__consumer_offsets</c> with committed offsets.
/// Key: int16 type 0 or 1, group, topic, int32 partition; its strings have an int16
/// length. Value: int16 version; version 4 is offset, int32 leader epoch, metadata as a
/// compact string, commit time, tagged fields, of which 0 is the topic's id. Other
/// types are skipped.
/// </summary>
internal static class OffsetRecords
{
    private const short KeyType = 1;
    private const short ValueVersion = 4;
    private const int TopicIdTag = 0;
    private const int TopicIdSize = 16;
    private const long NoTime = -1;

    internal static byte[] Key(string group, TopicPartition partition)
    {
        byte[] key = new byte[2 + 2 + Encoding.UTF8.GetByteCount(group) + 2 + partition.Topic.Length + 4];
        BinaryPrimitives.WriteInt16BigEndian(key, KeyType);
        int position = WriteText(key, 2, group);
        position = WriteText(key, position, partition.Topic);
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(position), partition.Partition);
        return key;
    }

    internal static byte[] Value(OffsetAndMetadata offset, long commitTimeMs)
    {
        RecordWriter value = new RecordWriter().Int16(ValueVersion).Int64(offset.Offset).Int32(offset.LeaderEpoch).CompactText(offset.Metadata).Int64(commitTimeMs);
        return offset.TopicId == default
            ? value.Unsigned(0).ToArray()
            : value.Unsigned(1).Unsigned(TopicIdTag).Unsigned(TopicIdSize).Uuid(offset.TopicId).ToArray();
    }

    /// <summary>Creates a record of a group's offset; null is a tombstone.</summary>
    internal static InternalRecord Record(string groupId, TopicPartition partition, OffsetAndMetadata? offset, long nowMs) =>
        new(Key(groupId, partition), offset is { } committed ? Value(committed, nowMs) : null);

    internal static bool TryReadKey(ReadOnlySpan<byte> key, out string group, out TopicPartition partition)
    {
        group = "";
        partition = default;
        if (key.Length < 2 || BinaryPrimitives.ReadInt16BigEndian(key) is not (0 or KeyType))
        {
            return false;
        }

        int position = 2;
        if (!TryReadText(key, ref position, out group) || !TryReadText(key, ref position, out string topic) || key.Length - position < 4)
        {
            return false;
        }

        partition = new TopicPartition(topic, BinaryPrimitives.ReadInt32BigEndian(key[position..]));
        return true;
    }

    /// <summary>
    /// Reads versions 0 to 4 as written by Kafka. Only version 4 can have a topic id, and
    /// only version 1 a time of its expiry.
    /// </summary>
    internal static bool TryReadValue(ReadOnlySpan<byte> value, out OffsetAndMetadata offset, out RecordedTime time)
    {
        var parser = new RecordParser(value);
        short version = parser.Int16();
        long committed = parser.Int64();
        int leaderEpoch = version >= 3 ? parser.Int32() : -1;
        string metadata = version >= 4 ? parser.CompactText() : parser.Text();
        long commitMs = parser.Int64();
        long expiresMs = version == 1 ? parser.Int64() : NoTime;
        time = new RecordedTime(commitMs, ExpiresMs: expiresMs == NoTime ? null : expiresMs);
        Guid topicId = version >= 4 ? ReadTopicId(ref parser) : default;
        offset = new OffsetAndMetadata(committed, metadata, leaderEpoch) { TopicId = topicId };
        return !parser.IsBroken && version is >= 0 and <= ValueVersion;
    }

    private static Guid ReadTopicId(ref RecordParser parser)
    {
        Guid topicId = default;
        int count = parser.Unsigned();
        for (int i = 0; i < count && !parser.IsBroken; i++)
        {
            int tag = parser.Unsigned();
            RecordParser field = parser.Sized(parser.Unsigned());
            topicId = tag == TopicIdTag ? field.Uuid() : topicId;
            parser.BreakWith(field);
        }

        return topicId;
    }

    private static int WriteText(Span<byte> destination, int position, string text)
    {
        int size = Encoding.UTF8.GetBytes(text, destination[(position + 2)..]);
        BinaryPrimitives.WriteInt16BigEndian(destination[position..], checked((short)size));
        return position + 2 + size;
    }

    private static bool TryReadText(ReadOnlySpan<byte> source, ref int position, out string text)
    {
        text = "";
        if (source.Length - position < 2)
        {
            return false;
        }

        int size = BinaryPrimitives.ReadInt16BigEndian(source[position..]);
        return TryTakeText(source, ref position, 2, size, out text);
    }

    private static bool TryTakeText(ReadOnlySpan<byte> source, ref int position, int lengthSize, int size, out string text)
    {
        text = "";
        if (size < 0 || size > source.Length - position - lengthSize)
        {
            return false;
        }

        text = Encoding.UTF8.GetString(source.Slice(position + lengthSize, size));
        position += lengthSize + size;
        return true;
    }
}
