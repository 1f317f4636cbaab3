using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Log;

/// <summary>
/// What <c>flush.ms</c> and <c>flush.messages</c> promise: a record that was
/// acknowledged before it was durable survives a power cut once its time has passed or
/// enough have followed it. The disk forgets all that was not flushed.
/// </summary>
public sealed class TimedFlushTests : IDisposable
{
    private const int LookMs = 1000; // The interval of the duty's checks.
    private SimDisk _disk = null!;
    private BrokerLife _life = null!;

    public TimedFlushTests() => Begin(1);

    [Fact]
    public void A_record_is_not_durable_before_flush_ms_has_passed()
    {
        AssertMayBeLost(3, () =>
        {
            Create(("flush.ms", "5000"));
            Append(3, Acks.Leader);
            Pass(4000);
        });
    }

    [Fact]
    public void A_record_is_durable_once_flush_ms_has_passed()
    {
        AssertKept(4, () =>
        {
            Create(("flush.ms", "5000"));
            Append(3, Acks.Leader);
            Append(1, Acks.None);
            Pass(5000 + LookMs);
        });
    }

    [Fact]
    public void A_short_flush_ms_is_kept_to_its_own_time()
    {
        AssertKept(2, () =>
        {
            Create(("flush.ms", "200"));
            Append(1, Acks.Leader);
            Pass(LookMs + 300); // The first record after a pause is found by the look of each second.
            Append(1, Acks.Leader);
            Pass(LookMs + 300);
        });
    }

    [Fact]
    public void A_change_of_flush_ms_counts_for_records_that_are_there()
    {
        AssertKept(3, () =>
        {
            Create();
            Append(3, Acks.Leader);
            Pass(30_000);
            Alter("flush.ms", "1000");
            Pass(1000 + (2 * LookMs));
        });
        AssertMayBeLost(3, () =>
        {
            Create(("flush.ms", "1000"));
            Alter("flush.ms", "3600000");
            Append(3, Acks.Leader);
            Pass(30_000);
        });
    }

    [Theory]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.None)]
    public void Fewer_than_flush_messages_records_are_not_durable(Acks acks)
    {
        AssertMayBeLost(2, () =>
        {
            Create(("flush.messages", "3"));
            Append(2, acks);
        });
    }

    [Theory]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.None)]
    public void Every_flush_messages_records_are_durable_whatever_the_acknowledgement(Acks acks)
    {
        AssertKept(3, () =>
        {
            Create(("flush.messages", "3"));
            Append(5, acks);
        });
    }

    [Fact]
    public void A_change_of_flush_messages_counts_at_once()
    {
        AssertKept(3, () =>
        {
            Create();
            Append(2, Acks.Leader);
            Alter("flush.messages", "1");
            Append(1, Acks.Leader);
        });
    }

    public void Dispose()
    {
        _life.Dispose();
        _disk.Dispose();
    }

    private void Begin(int seed)
    {
        _disk = new SimDisk(new SimRandom((ulong)seed), DiskProfile.Ideal with { Name = "Forgetful", KeptFileRate = 0 });
        _life = new BrokerLife(disk: _disk);
    }

    /// <summary>
    /// So many records are there after a power cut, whatever part of the rest the disk
    /// keeps.
    /// </summary>
    private void AssertKept(int least, Action run) => Assert.All(CountAfterPowerCuts(run), count => Assert.True(count >= least, $"{count} records are left of {least}"));

    /// <summary>
    /// A disk that keeps a part by chance loses some of the records with one of the seeds:
    /// else the other tests show nothing.
    /// </summary>
    private void AssertMayBeLost(int count, Action run) => Assert.Contains(CountAfterPowerCuts(run), kept => kept < count);

    private List<int> CountAfterPowerCuts(Action run)
    {
        var kept = new List<int>();
        for (int seed = 1; seed <= 10; seed++)
        {
            Dispose();
            Begin(seed);
            run();
            _life.CutPower();
            kept.Add(_life.Read(BrokerExtensions.Orders, IsolationLevel.ReadUncommitted).Count);
        }

        return kept;
    }

    private void Create(params (string Name, string Value)[] configs) =>
        Assert.True(_life.Broker.CreateTopic(new NewTopic("orders") { Configs = configs.ToDictionary(static config => config.Name, static config => config.Value) }).IsSuccess);

    private void Alter(string name, string value) =>
        Assert.True(_life.Broker.AlterTopicConfigs("orders", [new ConfigChange(name, value)]).IsSuccess);

    private void Append(int count, Acks acks)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(ErrorCode.None, _life.Wait(_life.Broker.AppendAsync(BrokerExtensions.Orders, Batches.Of($"{i} {new string('x', 600)}"), acks)).Error);
            _life.Step();
        }
    }

    private void Pass(int ms)
    {
        for (int passed = 0; passed < ms; passed += 100)
        {
            _life.Advance(100);
        }
    }
}
