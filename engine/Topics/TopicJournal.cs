using System.Globalization;
using System.Text;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// The engine's journal of changes to topics since <c>topics.checkpoint</c> was
/// written: lines of <c>crc change</c>, the CRC-32C of the change in eight hexadecimal
/// digits, and zeros after the last line. The first line contains the checksum of the
/// checkpoint that it continues; a journal of another checkpoint is outdated. One
/// caller at a time.
/// </summary>
internal sealed class TopicJournal : IDisposable
{
    internal const string FileName = "topics.journal";

    /// <summary>
    /// Marks that the offset checkpoints were written with all topics before this line.
    /// </summary>
    internal const string OffsetsWritten = "offsets";

    private const int CrcDigits = 8;
    private const int RoomBytes = 64 * 1024; // Preallocated zeros, so that flushing a line does not change the file's length.
    private readonly IStorageFile _file;
    private long _end;
    private long _allocatedEnd;

    private TopicJournal(IStorageFile file, long end)
    {
        _file = file;
        _end = end;
        _allocatedEnd = Math.Max(RoomBytes, end);
    }

    /// <summary>Its size in bytes.</summary>
    internal long SizeBytes => _end;

    // One line for all topics: a crash leaves at most one incomplete line. Descriptions
    // contain no semicolon: values are percent-escaped.
    internal static string Put(IReadOnlyList<TopicDescription> topics) =>
        topics is [var topic] ? $"topic {TopicsCheckpoint.Line(topic)}" : $"topics {string.Join(';', topics.Select(TopicsCheckpoint.Line))}";

    internal static string Remove(TopicDescription topic) => $"delete {topic.Name} {KafkaUuid.Format(topic.TopicId)}";

    internal static string Start(Guid topicId, TopicPartition partition, long logStartOffset) =>
        string.Create(CultureInfo.InvariantCulture, $"start {KafkaUuid.Format(topicId)} {partition.Partition} {logStartOffset}");

    /// <summary>
    /// Replaces the journal durably by one that continues a checkpoint, with its first
    /// change.
    /// </summary>
    /// <exception cref="StorageException">It could not be written.</exception>
    internal static TopicJournal Create(IStorage storage, string checkpoint, string change)
    {
        string text = Line(Base(checkpoint)) + Line(change);
        int end = Encoding.UTF8.GetByteCount(text);
        CheckpointFile.Write(storage, FileName, text + new string('\0', Math.Max(0, RoomBytes - end)));
        storage.Open(FileName, FileOpening.Existing, out IStorageFile? file).ThrowIfFailed($"Opening '{FileName}'");
        return new TopicJournal(file!, end);
    }

    /// <summary>Appends a change durably.</summary>
    /// <exception cref="StorageException">It could not be written; the end of the file is
    /// unknown.</exception>
    internal void Append(string change)
    {
        byte[] line = Encoding.UTF8.GetBytes(Line(change));
        if (_end + line.Length > _allocatedEnd)
        {
            byte[] room = new byte[RoomBytes + line.Length];
            _file.Write(_allocatedEnd, room).ThrowIfFailed($"Writing '{FileName}'");
            _allocatedEnd += room.Length;
        }

        _file.Write(_end, line).ThrowIfFailed($"Writing '{FileName}'");
        _file.FlushData().ThrowIfFailed($"Flushing '{FileName}'");
        _end += line.Length;
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Applies the journal of a directory to its checkpoint.</summary>
    /// <exception cref="StorageException">The checkpoint is damaged, or the journal is
    /// damaged before its end.</exception>
    internal static StoredTopics Replay(IStorage storage, string checkpoint, OffsetCheckpoints offsets)
    {
        IReadOnlyList<TopicDescription> listed = TopicsCheckpoint.Parse(checkpoint);
        string[] lines = (CheckpointFile.Read(storage, FileName) ?? "").Split('\n');
        if (lines.Length == 0 || !TryRead(lines[0], out string first) || first != Base(checkpoint))
        {
            return new StoredTopics(listed, checkpoint, offsets);
        }

        var topics = listed.ToDictionary(static topic => topic.Name, StringComparer.Ordinal);
        var unknown = new Dictionary<string, Guid>(StringComparer.Ordinal);
        var starts = new Dictionary<(Guid, int), long>();
        int next = 1;
        for (; next < lines.Length && TryRead(lines[next], out string change); next++)
        {
            if (!TryApply(change, topics, unknown, starts))
            {
                throw Damaged(change);
            }
        }

        // A crash leaves at most one incomplete line: a valid line after an invalid one means
        // that the invalid one was damaged.
        return lines.Skip(next).Any(static line => TryRead(line, out _))
            ? throw Damaged(lines[next])
            : new StoredTopics([.. topics.Values.OrderBy(static topic => topic.Name, StringComparer.Ordinal)], checkpoint, offsets, unknown, starts, hasJournal: true);
    }

    /// <summary>
    /// Reads the start offsets from the journal of a directory whose list of topics was
    /// deleted; they do not depend on the list.
    /// </summary>
    internal static StoredTopics WithoutTopics(IStorage storage, OffsetCheckpoints offsets)
    {
        var starts = new Dictionary<(Guid, int), long>();
        foreach (string line in (CheckpointFile.Read(storage, FileName) ?? "").Split('\n'))
        {
            if (TryRead(line, out string change) && change.StartsWith("start ", StringComparison.Ordinal) && !TryApply(change, [], [], starts))
            {
                throw Damaged(change);
            }
        }

        return new StoredTopics(null, "", offsets, new Dictionary<string, Guid>(), starts, hasJournal: starts.Count > 0);
    }

    private static bool TryApply(string change, Dictionary<string, TopicDescription> topics, Dictionary<string, Guid> unknown, Dictionary<(Guid, int), long> starts)
    {
        string[] fields = change.Split(' ');
        switch (fields)
        {
            case [OffsetsWritten]:
                unknown.Clear();
                return true;
            case ["delete", var name, var id]:
                if (KafkaUuid.TryParse(id, out Guid deleted) && topics.TryGetValue(name, out TopicDescription? known) && known.TopicId == deleted)
                {
                    topics.Remove(name);
                }

                return true;
            case ["start", var id, var partition, var offset]:
                bool isStart = KafkaUuid.TryParse(id, out Guid topicId)
                    & int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    & long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out long start);
                starts[(topicId, number)] = Math.Max(start, starts.GetValueOrDefault((topicId, number)));
                return isStart;
            case ["topic", ..]:
                Apply(TopicsCheckpoint.ParseLine(change["topic ".Length..]), topics, unknown);
                return true;
            case ["topics", ..]:
                Array.ForEach(change["topics ".Length..].Split(';'), line => Apply(TopicsCheckpoint.ParseLine(line), topics, unknown));
                return true;
            default:
                return false;
        }
    }

    private static void Apply(TopicDescription topic, Dictionary<string, TopicDescription> topics, Dictionary<string, Guid> unknown)
    {
        if (topics.GetValueOrDefault(topic.Name)?.TopicId != topic.TopicId)
        {
            unknown[topic.Name] = topic.TopicId;
        }

        topics[topic.Name] = topic;
    }

    private static string Base(string checkpoint) => $"base {Crc32C.Compute(Encoding.UTF8.GetBytes(checkpoint)):x8}";

    private static string Line(string change) => $"{Crc32C.Compute(Encoding.UTF8.GetBytes(change)):x8} {change}\n";

    private static bool TryRead(string line, out string change)
    {
        change = line.Length > CrcDigits + 1 ? line[(CrcDigits + 1)..] : "";
        return change.Length > 0 && line + "\n" == Line(change);
    }

    private static StorageException Damaged(string line) =>
        new($"'{FileName}' is damaged at '{line.TrimEnd('\0')[..Math.Min(line.TrimEnd('\0').Length, 100)]}'. Delete it to continue with the topics of '{TopicsCheckpoint.FileName}'; folders of other topics are then ignored.");
}
