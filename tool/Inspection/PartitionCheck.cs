using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Inspection;

/// <summary>
/// Checks the folder of one partition, segment by segment in offset order.
/// </summary>
internal sealed class PartitionCheck
{
    private const string TruncationAdvice = "The next startup truncates the log here";
    private const string RestoreAdvice = "Restore the file from a copy, or move the partition's folder out of the data directory to continue without it";

    private readonly DataRoot _root;
    private readonly string _folder;
    private readonly bool _isCompacted;
    private readonly long _recoveryPoint;
    private readonly CheckReport _report;
    private readonly SnapshotCheck _snapshots;
    private readonly LeaderEpochCheck _epochs;
    private readonly ProducerReplay _producers = new();

    internal PartitionCheck(DataRoot root, string folder, TopicPartition partition, bool isCompacted, CheckpointCheck checkpoints, CheckReport report)
    {
        _root = root;
        _folder = folder;
        _isCompacted = isCompacted;
        _recoveryPoint = root.IsClean ? long.MaxValue : checkpoints.RecoveryPoint(partition);
        _report = report;
        _snapshots = new SnapshotCheck(this, isCompacted);
        _epochs = new LeaderEpochCheck(this, checkpoints.LogStart(partition));
    }

    internal IDataFiles Files => _root.Files;

    internal string Folder => _folder;

    internal bool IsClean => _root.IsClean;

    /// <summary>Gets the recovery point: all records below it were flushed.</summary>
    internal long RecoveryPoint => _recoveryPoint;

    /// <summary>Gets the base offset of the first segment; -1 for none.</summary>
    internal long StartOffset { get; private set; } = -1;

    /// <summary>Gets the offset of the next record.</summary>
    internal long EndOffset { get; private set; }

    internal void Run()
    {
        IReadOnlyList<string> names = Files.List(_folder) ?? [];
        long[] segments = [.. names.Where(static name => FileNames.TryParse(name, FileNames.Log, out _)).Select(static name => long.Parse(name.AsSpan(0, 20), System.Globalization.CultureInfo.InvariantCulture))];
        CheckNames(names, segments);
        StartOffset = segments.Length == 0 ? -1 : segments[0];
        EndOffset = Math.Max(0, StartOffset);
        _snapshots.Load(names);
        _epochs.Load();
        for (int i = 0; i < segments.Length; i++)
        {
            if (i > 0 && (_isCompacted ? segments[i] < EndOffset : segments[i] != EndOffset))
            {
                Add(FindingKind.OffsetGap, FileNames.Of(segments[i], FileNames.Log), 0, EndOffset, $"the segment starts at offset {segments[i]}, but the previous one ends at {EndOffset}", RestoreAdvice);
            }

            EndOffset = Math.Max(segments[i], _isCompacted ? EndOffset : 0);
            CheckSegment(segments[i], isActive: i == segments.Length - 1, isFlushed: i + 1 < segments.Length && segments[i + 1] <= _recoveryPoint);
        }

        _snapshots.Finish(_producers, EndOffset);
        _epochs.Finish(EndOffset);
        CheckMetadata();
    }

    /// <summary>
    /// Adds a finding in a file of the folder. Findings at or above the recovery point
    /// are expected: the next startup repairs them.
    /// </summary>
    internal void Add(FindingKind kind, string file, long position, long offset, string what, string advice, bool isExpected = false) =>
        _report.Add(new Finding(kind, $"{_folder}/{file}", position, offset, what, advice), isExpected || offset >= _recoveryPoint);

    /// <summary>
    /// Adds a finding in a file that the next startup rebuilds if the log was not flushed
    /// or had an unclean shutdown.
    /// </summary>
    internal void AddDerived(FindingKind kind, string file, long position, long offset, string what, bool isFlushed) =>
        Add(kind, file, position, offset, what, _root.IsClean || isFlushed ? "Delete the file: the next startup rebuilds it from the records" : "The next startup rebuilds it from the records", isExpected: !_root.IsClean && !isFlushed);

    private void CheckNames(IReadOnlyList<string> names, long[] segments)
    {
        foreach (string name in names)
        {
            string? suffix = FileNames.Leftovers.FirstOrDefault(suffix => name.EndsWith(suffix, StringComparison.Ordinal));
            if (suffix is not null)
            {
                Add(FindingKind.Leftover, name, -1, -1, "its creation or deletion was interrupted", "The next startup deletes it or finishes the operation", isExpected: suffix != ".spare" || !_root.IsClean);
            }

            bool isIndex = FileNames.TryParse(name, FileNames.OffsetIndex, out long offset) || FileNames.TryParse(name, FileNames.TimeIndex, out offset) || FileNames.TryParse(name, FileNames.TransactionIndex, out offset);
            if (isIndex && !segments.Contains(offset))
            {
                Add(FindingKind.Leftover, name, -1, -1, $"its segment {FileNames.Of(offset, FileNames.Log)} does not exist", "The next startup deletes it", isExpected: !_root.IsClean);
            }
        }
    }

    private void CheckSegment(long baseOffset, bool isActive, bool isFlushed)
    {
        string name = FileNames.Of(baseOffset, FileNames.Log);
        using IDataFile? file = Files.Open($"{_folder}/{name}");
        if (file is null)
        {
            Add(FindingKind.Unreadable, name, -1, baseOffset, "it cannot be opened", "Check its permissions");
            return;
        }

        var batches = new List<SegmentBatch>();
        var aborted = new List<AbortedEntry>();
        var reader = new SegmentReader(file);
        bool isWhole = false;
        try
        {
            while (true)
            {
                BatchStatus status = reader.Read(out RecordBatchView batch);
                if (status != BatchStatus.Batch)
                {
                    isWhole = CheckTail(name, reader, status, file.Length, isActive);
                    break;
                }

                CheckBatch(name, reader.Position, batch, baseOffset, aborted);
                batches.Add(new SegmentBatch(reader.Position, batch.LastOffset, batch.MaxTimestamp));
            }
        }
        catch (IOException exception)
        {
            Add(FindingKind.Unreadable, name, reader.Position, EndOffset, $"the device cannot read it: {exception.Message}", RestoreAdvice);
        }

        _report.Batches += batches.Count;
        _report.Bytes += file.Length;
        bool isComplete = _root.IsClean || isFlushed;
        if (isWhole || !isComplete)
        {
            new IndexCheck(this, baseOffset, batches, isFlushed).Run(isComplete);
            new TransactionIndexCheck(this, baseOffset, isFlushed).Run(aborted, isExact: !_isCompacted && StartOffset == 0);
        }
    }

    /// <summary>
    /// Checks the bytes after the last batch. Returns true if the file ends there.
    /// </summary>
    private bool CheckTail(string name, SegmentReader reader, BatchStatus status, long length, bool isActive)
    {
        switch (status)
        {
            case BatchStatus.Zeros:
                Add(FindingKind.ZeroTail, name, reader.Position, EndOffset, $"{length - reader.Position} zero bytes follow the last batch", isActive && !_root.IsClean ? "The next startup truncates them" : "Truncate the file at this byte: Kafka refuses to open it", isExpected: isActive && !_root.IsClean);
                return false;
            case BatchStatus.OldFormat:
                // Never expected: no startup repairs it.
                _report.Add(new Finding(FindingKind.OldFormat, $"{_folder}/{name}", reader.Position, EndOffset, reader.Problem, "The partition is offline; copy the records to a new topic with Apache Kafka, or move the partition's folder out of the data directory to continue without it"), isExpected: false);
                return false;
            case BatchStatus.Broken:
                Add(FindingKind.BadBatch, name, reader.Position, EndOffset, reader.Problem, EndOffset >= _recoveryPoint ? TruncationAdvice : RestoreAdvice);
                return false;
            default:
                return true;
        }
    }

    private void CheckBatch(string name, long position, RecordBatchView batch, long segmentBase, List<AbortedEntry> aborted)
    {
        bool isWhole = batch.IsCrcValid();
        if (!isWhole)
        {
            Add(FindingKind.BadChecksum, name, position, batch.BaseOffset, $"the bytes do not match the checksum {batch.Crc:x8}", batch.BaseOffset >= _recoveryPoint ? TruncationAdvice : RestoreAdvice);
        }

        if (_isCompacted ? batch.BaseOffset < EndOffset : batch.BaseOffset != EndOffset)
        {
            Add(FindingKind.OffsetGap, name, position, batch.BaseOffset, $"the batch starts at offset {batch.BaseOffset}; expected {EndOffset}", RestoreAdvice);
        }

        if (batch.LastOffset - segmentBase is > int.MaxValue or < 0)
        {
            Add(FindingKind.BadRecords, name, position, batch.BaseOffset, $"the last offset of the batch, {batch.LastOffset}, is outside of the segment", RestoreAdvice);
        }

        EndOffset = Math.Max(EndOffset, batch.LastOffset + 1);
        if (!isWhole)
        {
            return;
        }

        _snapshots.Reach(_producers, batch.BaseOffset);
        _epochs.Add(name, position, batch);
        try
        {
            foreach (string problem in BatchCheck.Problems(batch, _isCompacted))
            {
                Add(FindingKind.BadRecords, name, position, batch.BaseOffset, problem, RestoreAdvice);
            }

            _report.Records += batch.RecordsCount;
            if (_producers.Add(batch) is { } transaction)
            {
                aborted.Add(transaction);
            }
        }
        catch (InvalidRecordException exception)
        {
            Add(FindingKind.BadRecords, name, position, batch.BaseOffset, exception.Message.TrimEnd('.'), RestoreAdvice);
        }
    }

    private void CheckMetadata()
    {
        if (Files.ReadText($"{_folder}/{FileNames.PartitionMetadata}") is not { } text)
        {
            return;
        }

        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lines.Length != 2 || lines[0] != "version: 0" || !lines[1].StartsWith("topic_id: ", StringComparison.Ordinal) || lines[1].Length != 32)
        {
            Add(FindingKind.Metadata, FileNames.PartitionMetadata, 0, -1, $"it must contain 'version: 0' and 'topic_id: …', but contains '{string.Join(" / ", lines)}'", "Write it again with the id from topics.checkpoint");
        }
    }
}
