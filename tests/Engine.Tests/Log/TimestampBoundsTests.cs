using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;

namespace Engine.Tests.Log;

/// <summary>Records whose timestamps are too far from the clock are refused, as in Kafka.</summary>
public sealed class TimestampBoundsTests
{
    private const long Hour = 60 * 60 * 1000;

    [Theory]
    [InlineData(Hour, ErrorCode.None)]
    [InlineData(Hour + 1, ErrorCode.InvalidTimestamp)]
    [InlineData(-Hour, ErrorCode.None)]
    [InlineData(-Hour - 1, ErrorCode.InvalidTimestamp)]
    [InlineData(-SteppedTime.Start - 1, ErrorCode.None)] // No timestamp.
    public void A_timestamp_is_within_its_bounds_or_refused(long distance, ErrorCode expected) // C12
    {
        AppendResult result = Check(new LogSettings { TimestampBeforeMaxMs = Hour }, 0, distance);
        Assert.Equal(expected, result.Error);
        Assert.Equal(expected != ErrorCode.None, result.Message?.Contains("out of range", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void Old_timestamps_and_those_that_the_log_sets_are_not_looked_at_unless_it_is_asked_for()
    {
        Assert.Equal(ErrorCode.None, Check(new LogSettings(), -SteppedTime.Start, 0).Error);
        Assert.Equal(ErrorCode.None, Check(new LogSettings { TimestampType = TimestampType.LogAppendTime }, 1000 * Hour, 0).Error);
        Assert.Equal(ErrorCode.None, Check(new LogSettings { TimestampAfterMaxMs = long.MaxValue }, 1000 * Hour, 0).Error);
    }

    private static AppendResult Check(LogSettings settings, params long[] distances)
    {
        var builder = new RecordBatchBuilder(new byte[1000]);
        foreach (long distance in distances)
        {
            builder.Append(SteppedTime.Start + distance, default, isKeyNull: true, "x"u8, isValueNull: false);
        }

        Assert.True(RecordBatchView.TryRead(builder.Build().Span, out RecordBatchView batch));
        return TimestampBounds.Check(batch, settings, BrokerExtensions.Orders, new SteppedTime());
    }
}
