using System.Buffers.Binary;
using System.Text;
using Zurau.Engine.Records;

namespace Zurau.Engine.Coordination;

/// <summary>
/// The records of <c>__consumer_offsets</c> that hold committed offsets. Key: int16 type 0 or 1, group, topic, int32 partition. Value:
/// int16 version; version 3 is offset, int32 leader epoch, metadata, commit time. Strings have an int16 length. Other types are skipped.
/// </summary>
internal static class OffsetRecords
{
    private const short KeyType = 1;
    private const short ValueVersion = 3;

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
        byte[] value = new byte[2 + 8 + 4 + 2 + Encoding.UTF8.GetByteCount(offset.Metadata) + 8];
        BinaryPrimitives.WriteInt16BigEndian(value, ValueVersion);
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(2), offset.Offset);
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(10), offset.LeaderEpoch);
        int position = WriteText(value, 14, offset.Metadata);
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(position), commitTimeMs);
        return value;
    }

    /// <summary>A batch of a group's offsets; null is a tombstone.</summary>
    internal static RecordBatchBuilder Batch(string groupId, List<KeyValuePair<TopicPartition, OffsetAndMetadata?>> offsets, long nowMs)
    {
        byte[][] keys = [.. offsets.Select(offset => Key(groupId, offset.Key))];
        byte[]?[] values = [.. offsets.Select(offset => offset.Value is null ? null : Value(offset.Value.Value, nowMs))];
        int size = BatchLayout.HeaderSize + keys.Zip(values).Sum(static pair => RecordBatchBuilder.SizeUpperBound(pair.First.Length, pair.Second?.Length ?? -1, 1));
        var batch = new RecordBatchBuilder(new byte[size]);
        for (int i = 0; i < keys.Length; i++)
        {
            batch.Append(nowMs, keys[i], isKeyNull: false, values[i], isValueNull: values[i] is null);
        }

        return batch;
    }

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

    /// <summary>Reads versions 0 to 4, as Kafka has written them.</summary>
    internal static bool TryReadValue(ReadOnlySpan<byte> value, out OffsetAndMetadata offset)
    {
        offset = default;
        if (value.Length < 10)
        {
            return false;
        }

        short version = BinaryPrimitives.ReadInt16BigEndian(value);
        long committed = BinaryPrimitives.ReadInt64BigEndian(value[2..]);
        int position = 10;
        int leaderEpoch = -1;
        if (version >= 3)
        {
            if (value.Length < 14)
            {
                return false;
            }

            leaderEpoch = BinaryPrimitives.ReadInt32BigEndian(value[position..]);
            position += 4;
        }

        string metadata;
        bool isRead = version >= 4 ? TryReadCompactText(value, ref position, out metadata) : TryReadText(value, ref position, out metadata);
        offset = new OffsetAndMetadata(committed, metadata, leaderEpoch);
        return isRead && version is >= 0 and <= 4;
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

    // A length below 127 takes one byte; longer ones two, as the limit of metadata is 4,096 characters.
    private static bool TryReadCompactText(ReadOnlySpan<byte> source, ref int position, out string text)
    {
        text = "";
        int length = 0;
        int size = 0;
        do
        {
            if (position + size >= source.Length || size == 3)
            {
                return false;
            }

            length |= (source[position + size] & 0x7F) << (7 * size);
        }
        while (source[position + size++] >= 0x80);
        return TryTakeText(source, ref position, size, length - 1, out text);
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
