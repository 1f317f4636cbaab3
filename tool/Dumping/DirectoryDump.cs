using System.Globalization;
using Spectre.Console;
using Zurau.Inspection;

namespace Zurau.Tool.Dumping;

/// <summary>
/// Prints the content of a data directory as text. Takes no lock and changes nothing.
/// </summary>
internal sealed class DirectoryDump(IAnsiConsole console, TextWriter output, IDataFiles files, DumpOptions options)
{
    private static readonly string[] s_checkpoints = [FileNames.LogStarts, FileNames.RecoveryPoints, FileNames.HighWatermarks, FileNames.CleanerOffsets];

    /// <summary>
    /// Dumps all partitions, or the one of a folder. Returns false if none exists.
    /// </summary>
    internal bool Write(string? folder)
    {
        if (DataRoot.Open(files, only: folder) is not { } root)
        {
            return false;
        }

        if (folder is null)
        {
            WriteDirectory(root);
        }

        Dictionary<TopicPartition, long>?[] checkpoints = [.. s_checkpoints.Select(ReadCheckpoint)];
        foreach (string name in root.Folders)
        {
            TopicPartition partition = FileNames.TryParsePartition(name, out TopicPartition parsed) ? parsed : new TopicPartition(name, 0);
            if ((options.Topic is null || partition.Topic == options.Topic) && (options.Partition is null || partition.Partition == options.Partition))
            {
                string[] offsets = [.. checkpoints.Select(checkpoint => checkpoint is not null && checkpoint.TryGetValue(partition, out long offset) ? Number(offset) : "-")];
                WritePartition(partition, name, offsets);
            }
        }

        return true;
    }

    /// <summary>Dumps one file. Its name determines the format.</summary>
    internal bool WriteFile(string folder, string name)
    {
        string path = folder.Length == 0 ? name : $"{folder}/{name}";
        byte[]? bytes = name.EndsWith(FileNames.Log, StringComparison.Ordinal) ? [] : files.ReadAll(path);
        if (bytes is null)
        {
            return false;
        }

        long baseOffset = long.TryParse(name.Split('.')[0], CultureInfo.InvariantCulture, out long parsed) ? parsed : 0;
        switch (Path.GetExtension(name))
        {
            case FileNames.Log:
                TopicPartition partition = FileNames.TryParsePartition(folder, out TopicPartition known) ? known : new TopicPartition(folder, 0);
                WriteSegments(folder, [baseOffset]);
                WriteRecords(partition, folder, [baseOffset]);
                break;
            case FileNames.OffsetIndex:
                Entries(bytes, IndexEntry.Size, entry => { IndexEntry index = IndexEntry.Read(entry); return $"offset {baseOffset + index.RelativeOffset} position {index.Position}"; });
                break;
            case FileNames.TimeIndex:
                Entries(bytes, TimeIndexEntry.Size, entry => { TimeIndexEntry time = TimeIndexEntry.Read(entry); return $"timestamp {time.Timestamp} ({RecordText.Time(time.Timestamp)}) offset {baseOffset + time.RelativeOffset}"; });
                break;
            case FileNames.TransactionIndex:
                Entries(bytes, AbortedEntry.Size, static entry => AbortedEntry.Read(entry).ToString());
                break;
            case FileNames.Snapshot:
                WriteSnapshot(path, baseOffset);
                break;
            default:
                output.WriteLine(files.ReadText(path));
                break;
        }

        return true;
    }

    private void WriteDirectory(DataRoot root)
    {
        output.WriteLine($"{files.Description}: {root.Folders.Count} partitions, {(root.IsClean ? "clean shutdown" : "open, or unclean shutdown")}");
        foreach (string line in (files.ReadText(FileNames.MetaProperties) ?? "").Split('\n').Where(static line => line.Length > 0 && line[0] != '#'))
        {
            output.WriteLine($"  {FileNames.MetaProperties}: {line}");
        }

        if (files.ReadText(FileNames.Topics) is not { } text)
        {
            return;
        }

        if (TopicEntry.ReadAll(text, out string problem) is not { } topics)
        {
            output.WriteLine($"  {FileNames.Topics}: {problem}");
            return;
        }

        WriteTable(["topic", "id", "partitions", "settings"], topics.Select(static topic => (string[])[topic.Name, topic.Id, Number(topic.Partitions), string.Join(' ', topic.Configs.Select(static config => $"{config.Key}={config.Value}"))]));
    }

    private void WritePartition(TopicPartition partition, string folder, string[] offsets)
    {
        IReadOnlyList<string> names = files.List(folder) ?? [];
        string metadata = (files.ReadText($"{folder}/{FileNames.PartitionMetadata}") ?? "").Split('\n')[^1];
        output.WriteLine();
        output.WriteLine($"{folder}: log start {offsets[0]}, recovery point {offsets[1]}, high watermark {offsets[2]}, cleaned to {offsets[3]}, {(metadata.Length == 0 ? "no " + FileNames.PartitionMetadata : metadata)}");
        if (files.ReadText($"{folder}/{FileNames.LeaderEpochs}") is { } epochs)
        {
            IReadOnlyList<EpochEntry>? entries = TextCheckpoint.ReadEpochs(epochs, out string problem);
            output.WriteLine($"  leader epochs: {(entries is null ? problem : string.Join(", ", entries.Select(static entry => $"{entry.Epoch} from {entry.StartOffset}")))}");
        }

        long[] segments = [.. Offsets(names, FileNames.Log)];
        WriteSegments(folder, segments);
        foreach (long snapshot in Offsets(names, FileNames.Snapshot))
        {
            WriteSnapshot($"{folder}/{FileNames.Of(snapshot, FileNames.Snapshot)}", snapshot);
        }

        WriteRecords(partition, folder, segments);
    }

    private void WriteSegments(string folder, IReadOnlyList<long> segments) => WriteTable(
        ["base offset", "last", "bytes", "batches", "records", "from", "to", "epochs", "index", "timeindex", "txnindex", "damage"],
        segments.Select(baseOffset =>
        {
            SegmentSummary summary = SegmentSummary.Read(files, $"{folder}/{FileNames.Of(baseOffset, FileNames.Log)}");
            return (string[])
            [
                Number(baseOffset), summary.LastOffset < 0 ? "-" : Number(summary.LastOffset), Number(summary.Bytes), Number(summary.Batches), Number(summary.Records),
                summary.Batches == 0 ? "-" : RecordText.Time(summary.MinTimestamp), summary.Batches == 0 ? "-" : RecordText.Time(summary.MaxTimestamp), string.Join(',', summary.Epochs),
                Count(folder, baseOffset, FileNames.OffsetIndex, IndexEntry.Size), Count(folder, baseOffset, FileNames.TimeIndex, TimeIndexEntry.Size), Count(folder, baseOffset, FileNames.TransactionIndex, AbortedEntry.Size),
                summary.Damage,
            ];
        }));

    private void WriteSnapshot(string path, long offset)
    {
        string problem = "it cannot be opened";
        IReadOnlyList<ProducerEntry>? producers = files.ReadAll(path) is { } bytes ? ProducerEntry.ReadAll(bytes, out problem) : null;
        output.WriteLine($"  snapshot {offset}: {(producers is null ? problem : producers.Count == 0 ? "no producers" : "")}");
        foreach (ProducerEntry producer in producers ?? [])
        {
            output.WriteLine($"    {producer}");
        }
    }

    private void WriteRecords(TopicPartition partition, string folder, IReadOnlyList<long> segments)
    {
        var dump = new RecordDump(output, partition.Topic, options.Limit);
        foreach (long segment in options.Records ? segments : [])
        {
            dump.Write(files, $"{folder}/{FileNames.Of(segment, FileNames.Log)}");
        }
    }

    private delegate string Describe(ReadOnlySpan<byte> entry);

    private void Entries(byte[] bytes, int size, Describe describe)
    {
        for (int i = 0; i + size <= bytes.Length; i += size)
        {
            if (bytes.AsSpan(i).IndexOfAnyExcept((byte)0) < 0)
            {
                output.WriteLine($"{bytes.Length - i} zero bytes");
                return;
            }

            output.WriteLine(describe(bytes.AsSpan(i, size)));
        }

        if (bytes.Length % size != 0)
        {
            output.WriteLine($"{bytes.Length % size} bytes are not a complete entry");
        }
    }

    /// <summary>
    /// Counts the entries of an index file, without the trailing zeros of a file that is
    /// open or was not closed.
    /// </summary>
    private string Count(string folder, long baseOffset, string suffix, int size)
    {
        if (files.ReadAll($"{folder}/{FileNames.Of(baseOffset, suffix)}") is not { } bytes)
        {
            return "-";
        }

        int used = bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        return Number((used + size - 1) / size) + (bytes.Length % size == 0 ? "" : "?");
    }

    private void WriteTable(string[] columns, IEnumerable<string[]> rows)
    {
        var table = new Table { Border = Console.IsOutputRedirected ? TableBorder.None : TableBorder.Rounded };
        table.AddColumns([.. columns.Select(static column => new TableColumn(new Text(column)).NoWrap())]);
        foreach (string[] row in rows)
        {
            table.AddRow(row.Select(static cell => new Text(cell)));
        }

        console.Write(table);
    }

    private Dictionary<TopicPartition, long>? ReadCheckpoint(string name)
    {
        if (files.ReadText(name) is not { } text)
        {
            return null;
        }

        Dictionary<TopicPartition, long>? offsets = TextCheckpoint.ReadOffsets(text, out string problem);
        if (offsets is null)
        {
            output.WriteLine($"  {name}: {problem}");
        }

        return offsets;
    }

    private static IEnumerable<long> Offsets(IReadOnlyList<string> names, string suffix)
    {
        foreach (string name in names)
        {
            if (FileNames.TryParse(name, suffix, out long offset))
            {
                yield return offset;
            }
        }
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
