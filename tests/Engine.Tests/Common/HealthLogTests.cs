using Engine.Tests.Support;
using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Engine.Common;

namespace Engine.Tests.Common;

/// <summary>What fails is counted and shown at once, and logged within limits.</summary>
public sealed class HealthLogTests
{
    private readonly SteppedTime _time = new();
    private readonly LogLines _lines = new();
    private readonly HealthLog _health;

    public HealthLogTests() => _health = new HealthLog(_time, _lines);

    [Fact]
    public void A_part_that_fails_and_works_in_turn_logs_two_lines_a_minute()
    {
        for (int i = 0; i < 120; i++)
        {
            _health.Report("append", "no space", BrokerExtensions.Orders);
            Assert.Single(_health.Snapshot());
            _health.Clear("append", BrokerExtensions.Orders);
            Assert.Empty(_health.Snapshot());
            _time.Advance(1000);
        }

        Assert.Equal(2, _lines.Of(LogLevel.Error, "append of orders-0").Count);
        Assert.Equal(2, _lines.Of(LogLevel.Information, "Works again: append of orders-0").Count);
    }

    [Fact]
    public void Many_partitions_of_one_part_share_a_budget_of_lines_and_what_was_left_out_is_said()
    {
        for (int partition = 0; partition < 100; partition++)
        {
            _health.Report("append", "no space", new TopicPartition("orders", partition));
        }

        _health.Report("flush", "device", BrokerExtensions.Orders);
        Assert.Equal(101, _health.Snapshot().Count);
        Assert.Equal(HealthLog.MaxLines, _lines.Of(LogLevel.Error, "append").Count);
        Assert.Single(_lines.Of(LogLevel.Error, "flush of orders-0"));
        _time.Advance((long)HealthLog.RepeatAfter.TotalMilliseconds);
        _health.Report("append", "no space", new TopicPartition("orders", 50));
        Assert.Single(_lines.Of(LogLevel.Error, "90 more failures of 'append'"));
    }

    [Fact]
    public void Issues_are_listed_from_the_oldest_on_with_their_last_reason()
    {
        _health.Report("b", "first");
        DateTimeOffset since = _time.GetUtcNow();
        _time.Advance(5);
        _health.Report("a", "other");
        _health.Report("b", "second");
        Assert.Equal(
            [new HealthIssue("b", null, "second", since, 2), new HealthIssue("a", null, "other", since.AddMilliseconds(5), 1)],
            _health.Snapshot());
    }

    [Fact]
    public void A_deleted_partition_has_no_issues()
    {
        _health.Report("append", "no space", BrokerExtensions.Orders);
        _health.Report("flush", "device", BrokerExtensions.Orders);
        _health.Report("append", "no space", new TopicPartition("orders", 1));
        _health.Forget(BrokerExtensions.Orders);
        Assert.Equal(new TopicPartition("orders", 1), Assert.Single(_health.Snapshot()).Partition);
    }
}
