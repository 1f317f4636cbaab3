using System.Buffers.Binary;
using Engine.Tests.Support;
using Zurau.Engine.Records;
using Zurau.Inspection;

namespace Engine.Tests.Log;

/// <summary>
/// The structural check finds nothing in what Kafka left, and every kind of damage that
/// is planted in it.
/// </summary>
public sealed class DirectoryCheckTests
{
    [Fact]
    public void A_cleanly_closed_Kafka_s_directory_has_no_findings()
    {
        CheckReport report = DirectoryCheck.Run(new DiskFiles(Path.Combine(GoldenDirectory.Root, "clean")), isClean: true)!;
        Assert.Equal(GoldenDirectory.Partitions("clean").Count(), report.Partitions);
        Assert.True(report.Records > 10_000);
        Assert.Empty(report.Findings);
        Assert.Empty(report.Notes);
    }

    [Fact]
    public void A_killed_Kafka_s_directory_has_only_index_files_that_end_in_zeros()
    {
        CheckReport report = DirectoryCheck.Run(new DiskFiles(Path.Combine(GoldenDirectory.Root, "unclean")), isClean: false)!;
        Assert.Empty(report.Findings);
        Assert.NotEmpty(report.Notes);
        Assert.All(report.Notes, static note => Assert.Contains("zero bytes follow the last entry", note.What));
        Assert.All(report.Notes, static note => Assert.True(note.Kind is FindingKind.OffsetIndex or FindingKind.TimeIndex));
    }

    /// <summary>Each row: what to damage, the file, and what must be found.</summary>
    public static TheoryData<string, string, FindingKind> Damages => new()
    {
        { "flip 30", "segments-0/*.log", FindingKind.BadChecksum },
        { "flip 7", "segments-0/*.log", FindingKind.OffsetGap },
        { "flip 16", "segments-0/*.log", FindingKind.BadBatch },
        { "flip 15", "segments-0/*.log", FindingKind.LeaderEpoch },
        { "crc 60", "segments-0/*.log", FindingKind.BadRecords },
        { "crc 42", "codec-none-0/*.log", FindingKind.BadRecords },
        { "crc 70", "codec-zstd-0/*.log", FindingKind.BadRecords },
        { "append 100", "segments-0/*.log", FindingKind.ZeroTail },
        { "cut 10", "segments-0/*.log", FindingKind.BadBatch },
        { "cut batches", "segments-0/*.log", FindingKind.OffsetGap },
        { "delete", "segments-0/*.index", FindingKind.OffsetIndex },
        { "delete", "segments-0/*.timeindex", FindingKind.TimeIndex },
        { "flip 3", "segments-0/*.index", FindingKind.OffsetIndex },
        { "flip 7", "segments-0/*.index", FindingKind.OffsetIndex },
        { "cut 3", "segments-0/*.index", FindingKind.OffsetIndex },
        { "append 16", "segments-0/*.index", FindingKind.OffsetIndex },
        { "flip 7", "segments-0/*.timeindex", FindingKind.TimeIndex },
        { "flip 11", "segments-0/*.timeindex", FindingKind.TimeIndex },
        { "append 24", "segments-0/*.timeindex", FindingKind.TimeIndex },
        { "cut 12", "segments-0/*.timeindex", FindingKind.TimeIndex },
        { "flip 9", "txn-0/*.txnindex", FindingKind.TransactionIndex },
        { "flip 17", "txn-0/*.txnindex", FindingKind.TransactionIndex },
        { "flip 25", "txn-0/*.txnindex", FindingKind.TransactionIndex },
        { "flip 33", "txn-0/*.txnindex", FindingKind.TransactionIndex },
        { "cut 34", "txn-0/*.txnindex", FindingKind.TransactionIndex },
        { "delete", "txn-0/*.txnindex", FindingKind.TransactionIndex },
        { "flip 20", "idempotent-0/*.snapshot", FindingKind.Snapshot },
        { "snapshot 17", "idempotent-0/*.snapshot", FindingKind.Snapshot },
        { "snapshot 27", "txn-0/*.snapshot", FindingKind.Snapshot },
        { "cut 5", "idempotent-0/*.snapshot", FindingKind.Snapshot },
        { "delete", "segments-0/leader-epoch-checkpoint", FindingKind.LeaderEpoch },
        { "text 0\n2\n0 0\n0 5\n", "segments-0/leader-epoch-checkpoint", FindingKind.LeaderEpoch },
        { "text 0\n1\n0 7\n", "segments-0/leader-epoch-checkpoint", FindingKind.LeaderEpoch },
        { "text 0\n2\n0 0\n1 999999999\n", "segments-0/leader-epoch-checkpoint", FindingKind.LeaderEpoch },
        { "text 1\n0\n", "recovery-point-offset-checkpoint", FindingKind.Checkpoint },
        { "text 0\n2\nsegments 0 5\n", "recovery-point-offset-checkpoint", FindingKind.Checkpoint },
        { "text 0\n1\nsegments 0 999999999\n", "recovery-point-offset-checkpoint", FindingKind.Checkpoint },
        { "text 0\n1\nsegments 0 999999999\n", "replication-offset-checkpoint", FindingKind.Checkpoint },
        { "text 0\n1\nsegments 0 999999999\n", "log-start-offset-checkpoint", FindingKind.Checkpoint },
        { "text 0\n1\nsegments 0\n", "cleaner-offset-checkpoint", FindingKind.Checkpoint },
        { "text version: 1\n", "segments-0/partition.metadata", FindingKind.Metadata },
        { "text version=1\n", "meta.properties", FindingKind.Metadata },
        { "text 0\n1\nelsewhere AAAAAAAAAAAAAAAAAAAAAA 1 1\n", "topics.checkpoint", FindingKind.Metadata },
        { "text 0\n1\nsegments AAAAAAAAAAAAAAAAAAAAAA 1 1\n", "topics.checkpoint", FindingKind.Metadata },
        { "text ", "segments-0/00000000000000999999.index", FindingKind.Leftover },
        { "text ", "segments-0/1.spare", FindingKind.Leftover },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void Planted_damage_is_found(string damage, string file, FindingKind expected)
    {
        using var golden = new GoldenDirectory("clean");
        string path = Plant(golden.Path, damage, file);

        CheckReport report = DirectoryCheck.Run(new DiskFiles(golden.Path), isClean: true)!;
        Finding finding = Assert.Single(report.Findings.Where(finding => finding.Kind == expected).Take(1));
        string partition = file.Split('/')[0];
        Assert.All(report.Findings, found => Assert.True(found.Path.StartsWith(partition, StringComparison.Ordinal) || !file.Contains('/'), $"{found} is not of {path}"));
        Assert.NotEmpty(finding.Advice);
    }

    [Fact]
    public void A_zero_tail_of_the_last_segment_is_reported_only_after_a_clean_shutdown()
    {
        using var golden = new GoldenDirectory("clean");
        string last = Directory.EnumerateFiles(Path.Combine(golden.Path, "segments-0"), "*.log").Order().Last();
        Append(last, 4096);
        Assert.Equal(FindingKind.ZeroTail, Assert.Single(DirectoryCheck.Run(new DiskFiles(golden.Path), isClean: true)!.Findings).Kind);

        CheckReport unclean = DirectoryCheck.Run(new DiskFiles(golden.Path), isClean: false)!;
        Assert.Empty(unclean.Findings);
        Assert.Equal(FindingKind.ZeroTail, Assert.Single(unclean.Notes).Kind);
    }

    [Fact]
    public void Damage_is_reported_before_the_recovery_point_and_left_to_the_next_startup_after_it()
    {
        using var golden = new GoldenDirectory("clean");
        Plant(golden.Path, "flip 30", "codec-none-0/*.log");
        Assert.NotEmpty(DirectoryCheck.Run(new DiskFiles(golden.Path), isClean: false)!.Findings);

        File.WriteAllText(Path.Combine(golden.Path, "recovery-point-offset-checkpoint"), "0\n0\n");
        CheckReport report = DirectoryCheck.Run(new DiskFiles(golden.Path), isClean: false)!;
        Assert.Empty(report.Findings);
        Assert.Contains(report.Notes, static note => note.Kind == FindingKind.BadChecksum);
    }

    [Fact]
    public void A_directory_without_partitions_is_not_checked()
    {
        using var directory = new TestDirectory();
        Assert.Null(DirectoryCheck.Run(new DiskFiles(directory.Path)));
        Assert.Null(DirectoryCheck.Run(new DiskFiles(directory.Path + "/none")));
    }

    /// <summary>Damages the first file of a pattern that has bytes enough; gives its path.</summary>
    private static string Plant(string root, string damage, string file)
    {
        string folder = Path.Combine(root, Path.GetDirectoryName(file)!);
        string verb = damage.Split(' ')[0];
        string argument = damage[Math.Min(damage.Length, verb.Length + 1)..];
        string path = file.Contains('*')
            ? Directory.EnumerateFiles(folder, Path.GetFileName(file)).Order().First(static found => new FileInfo(found).Length > 20)
            : Path.Combine(root, file);
        byte[] bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        switch (verb)
        {
            case "delete":
                File.Delete(path);
                return path;
            case "text":
                File.WriteAllText(path, argument);
                return path;
            case "append":
                Append(path, int.Parse(argument));
                return path;
            case "cut" when argument == "batches":
                bytes = bytes[..(int)BatchLayout.SizeOf(bytes)];
                break;
            case "cut":
                bytes = bytes[..^int.Parse(argument)];
                break;
            default:
                bytes[int.Parse(argument)] ^= 1;
                break;
        }

        // Damage that no checksum shows: what is written is whole, and wrong.
        if (verb == "crc")
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(BatchLayout.Crc), Crc32C.Compute(bytes.AsSpan(BatchLayout.Attributes, (int)BatchLayout.SizeOf(bytes) - BatchLayout.Attributes)));
        }
        else if (verb == "snapshot")
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(2), Crc32C.Compute(bytes.AsSpan(6)));
        }

        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static void Append(string path, int count)
    {
        using FileStream stream = File.OpenWrite(path);
        stream.SetLength(stream.Length + count);
    }
}
