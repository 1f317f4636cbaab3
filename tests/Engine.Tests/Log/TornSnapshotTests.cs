using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// A producer snapshot that a failing disk left incomplete does not stay in a log that
/// is closed cleanly.
/// </summary>
public sealed class TornSnapshotTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)] // It cannot even be deleted, until the disk is well again.
    public void A_snapshot_that_could_not_be_written_is_deleted_by_a_clean_close(bool cannotBeDeleted)
    {
        using var memory = new MemoryStorage();
        bool isFailing = true;
        var storage = new FaultyStorage(memory)
        {
            Failing = (operation, path) =>
                isFailing && path.EndsWith(".snapshot", StringComparison.Ordinal) && (operation == "write" || (operation == "delete" && cannotBeDeleted))
                    ? IoResult.DeviceError
                    : IoResult.Ok,
        };
        PartitionLog log = Logs.Open(storage, new LogSettings { SegmentBytes = 300 });
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(ErrorCode.None, log.Append(Batches.Of(new string('x', 150))).Error);
        }

        Assert.Equal(4, log.Segments.Length);
        Assert.Equal(cannotBeDeleted, Snapshots(memory).Any());
        isFailing = false;
        Assert.True(log.DeleteRecords(3));
        using (log.Upkeep.Lock.Enter())
        {
            Assert.Equal(3, log.Upkeep.Remover.RemoveBelow(3, 0, out IoResult removed));
            Assert.True(removed.IsOk);
        }

        Assert.True(log.Close().IsOk);
        log.Release();
        Assert.Equal(["00000000000000000004.snapshot"], Snapshots(memory));
    }

    private static string[] Snapshots(MemoryStorage storage)
    {
        Assert.True(storage.List(Logs.Directory, out IReadOnlyList<string> names).IsOk);
        return [.. names.Where(static name => name.EndsWith(".snapshot", StringComparison.Ordinal)).Order()];
    }
}
