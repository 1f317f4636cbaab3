using System.Globalization;
using System.Text;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Log;

/// <summary>
/// Each name that retention or a cleaning changes is durable before the next one
/// changes: a power cut leaves no hole.
/// </summary>
public sealed class RemovalOrderTests : IDisposable
{
    private readonly SimDisk _disk = new(new SimRandom(1), DiskProfile.Nasty);

    [Fact]
    public void A_segment_is_renamed_when_the_new_names_of_all_before_it_are_durable() // C11, K11
    {
        PartitionLog log = Filled(isCompacted: false);
        var renamed = new List<long>();
        _disk.Calling = call =>
        {
            if (call.Operation == DiskOperation.Rename && BaseOffset(call.Path) is { } baseOffset)
            {
                Assert.Empty(LiveSegments(DiskImage.Durable).Intersect(renamed));
                renamed.Add(baseOffset);
            }
        };
        Assert.True(log.DeleteRecords(6));
        using (log.Upkeep.Lock.Enter())
        {
            Assert.Equal(6, log.Upkeep.Remover.RemoveBelow(6, 0, out IoResult result));
            Assert.True(result.IsOk);
        }

        Assert.Equal([0, 1, 2, 3, 4, 5], renamed);
        Assert.Empty(LiveSegments(DiskImage.Durable).Intersect(renamed));
        _disk.Calling = null;
        log.Release();
    }

    [Fact]
    public void A_cleaned_segment_is_durable_as_swap_before_its_sources_are_deleted_and_gets_its_name_after_that() // C7, K11
    {
        PartitionLog log = Filled(isCompacted: true);
        log.Apply(log.Settings with { SegmentBytes = 1_000_000 });
        int removed = 0;
        int installed = 0;
        _disk.Calling = call =>
        {
            string[] names = Names(DiskImage.Durable);
            if (call.Operation == DiskOperation.Rename && BaseOffset(call.Path) is not null)
            {
                removed++;
                Assert.Contains($"{LogFiles.Segment(0)}.swap", names);
                Assert.DoesNotContain(names, static name => name.EndsWith(".cleaned", StringComparison.Ordinal));
            }
            else if (call.Operation == DiskOperation.Rename && call.Path.EndsWith(".log.swap", StringComparison.Ordinal))
            {
                installed++;
                Assert.Equal(7, removed);
                Assert.Equal([7], LiveSegments(DiskImage.Durable));
            }
        };
        log.Clean(10_000);
        Assert.Equal(1, installed);
        _disk.Calling = null;
        log.Release();
    }

    public void Dispose() => _disk.Dispose();

    /// <summary>Eight segments with one record each.</summary>
    private PartitionLog Filled(bool isCompacted)
    {
        IStorage storage = _disk.Boot();
        PartitionLog log = Logs.Open(storage, new LogSettings { SegmentBytes = 100, IsCompacted = isCompacted });
        for (int i = 0; i < 8; i++)
        {
            var builder = new RecordBatchBuilder(new byte[200]);
            builder.Append(1000, Encoding.UTF8.GetBytes($"k{i % 2}"), false, Encoding.UTF8.GetBytes($"{i}"), false);
            Assert.Equal(ErrorCode.None, log.Append(builder.Build()).Error);
        }

        Assert.True(log.Flusher.FlushNow().IsOk);
        log.FlushSealed();
        Assert.True(storage.SyncDirectory("").IsOk);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], LiveSegments(DiskImage.Durable));
        return log;
    }

    private string[] Names(DiskImage image) => [.. _disk.Snapshot(image).Files.Keys.Select(static path => Path.GetFileName(path))];

    private IEnumerable<long> LiveSegments(DiskImage image) => Names(image).Select(BaseOffset).OfType<long>();

    private static long? BaseOffset(string path) =>
        Path.GetFileName(path) is { } name && name.EndsWith(".log", StringComparison.Ordinal) ? long.Parse(name.AsSpan(0, 20), CultureInfo.InvariantCulture) : null;
}
