using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>A reader that finds a closed segment in the list ends.</summary>
public sealed class SegmentTriesTests
{
    [Fact]
    public void A_fetch_and_a_lookup_of_a_closed_segment_that_stays_in_the_list_end_with_an_error()
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage);
        Assert.Equal(ErrorCode.None, log.Append(Batches.Of("a")).Error);
        Assert.True(log.Upkeep.Roll(log.Active).IsOk);
        log.Segments[0].Close();

        Assert.Equal(ErrorCode.KafkaStorageError, log.Reader.Read(0, 1, null, out RecordLease? lease, out long highWatermark));
        Assert.Equal((null, 1L), (lease, highWatermark));
        Assert.Equal(ErrorCode.KafkaStorageError, log.Timestamps.Find(1, IsolationLevel.ReadUncommitted).Error);
    }
}
