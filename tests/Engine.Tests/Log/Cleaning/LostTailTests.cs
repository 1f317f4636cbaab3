using Engine.Tests.Support;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log.Cleaning;

/// <summary>
/// In a compacted log too, records of a segment lost in a power failure are not a gap
/// made by a cleaning: the log ends there.
/// </summary>
public sealed class LostTailTests
{
    public enum Loss
    {
        PartOfABatch,
        ZeroedBatch,
        Everything,
    }

    [Theory]
    [InlineData(Loss.PartOfABatch)]
    [InlineData(Loss.ZeroedBatch)]
    [InlineData(Loss.Everything)]
    public void A_tail_that_is_lost_after_the_recovery_point_ends_the_log(Loss loss) // W2, K2
    {
        using KeyedLog log = Written(loss);
        Assert.Equal(Expected(loss), Values(log));
        log.Reopen(isClean: false);
        Assert.Equal(Expected(loss), Values(log));
    }

    [Theory]
    [InlineData(Loss.PartOfABatch)]
    [InlineData(Loss.ZeroedBatch)]
    [InlineData(Loss.Everything)]
    public void A_start_that_is_killed_while_it_ends_the_log_is_repeated_by_the_next_one(Loss loss) // W13, W14
    {
        bool isFrozen = true;
        for (int changes = 0; isFrozen; changes++)
        {
            using KeyedLog log = Written(loss);
            var storage = new FrozenStorage(log.Storage, changes);
            log.Between = storage;
            try
            {
                log.Log.Release();
            }
            catch (StorageException)
            {
                Assert.True(storage.IsFrozen);
            }

            isFrozen = storage.IsFrozen;
            log.Between = null;
            log.Reopen(isClean: false);
            Assert.Equal(Expected(loss), Values(log));
        }
    }

    [Fact]
    public void Records_missing_below_the_recovery_point_or_without_a_record_of_a_cleaning() // C8
    {
        foreach ((long recoveryPoint, long? cleanedOffset) in ((long, long?)[])[(6, 0), (0, 6), (0, null)])
        {
            using KeyedLog log = Written(Loss.Everything);
            log.RecoveryPoint = recoveryPoint;
            log.CleanedOffset = cleanedOffset;
            Assert.Equal(["0a", "1b", "6c"], Values(log));
        }
    }

    private static string[] Expected(Loss loss) => loss == Loss.Everything ? ["0a", "1b"] : ["0a", "1b", "2a", "3d"];

    private static List<string> Values(KeyedLog log) => [.. log.Read().Select(static record => $"{record.Offset}{record.Key}")];

    /// <summary>Three segments that were never flushed, and what is left of the second one.</summary>
    private static KeyedLog Written(Loss loss)
    {
        var log = new KeyedLog();
        log.Put(("a", "1"), ("b", "1")).Roll().Put(("a", "2"), ("d", "1")).Put(("c", "1"), ("b", "2")).Roll();
        string path = $"{KeyedLog.Directory}/{LogFiles.Segment(2)}";
        log.Storage.Open(path, FileOpening.Existing, out IStorageFile? file);
        using (file)
        {
            file!.Length(out long length);
            _ = loss switch
            {
                Loss.PartOfABatch => file.SetLength(length - 1),
                Loss.ZeroedBatch => file.Write(length / 2, new byte[length - (length / 2)]),
                _ => file.SetLength(0),
            };
        }

        return log.Put(("c", "2"));
    }
}
