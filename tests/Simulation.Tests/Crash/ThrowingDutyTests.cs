using System.Text;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Crash;

/// <summary>
/// A duty that throws is guarded in a simulated process as in a real one; an exception
/// that no scenario injected fails the run.
/// </summary>
public sealed class ThrowingDutyTests
{
    private const int Rounds = 1000;

    [Fact]
    public void A_duty_that_throws_in_each_of_a_thousand_rounds_holds_up_no_other()
    {
        var duty = new ThrowingDuty();
        HealthIssue? issue = null;
        int appended = 0;
        World world = Run(duty, isExpected: true, (world, broker) =>
        {
            while (duty.Rounds < Rounds)
            {
                AppendResult result = world.Await(broker.AppendAsync(new TopicPartition("orders", 0), Batch(), Acks.All), "an append");
                Assert.Equal((ErrorCode.None, appended), (result.Error, (int)result.BaseOffset));
                appended++;
                world.Sleep(60_000);
            }

            issue = Assert.Single(broker.Health);
        });
        Assert.Null(world.Failure);
        Assert.True(appended > Rounds / 20);
        Assert.Equal("duty throwing", issue!.Component);
        Assert.Equal(duty.Rounds, issue.Failures);
    }

    [Fact]
    public void An_exception_of_a_duty_that_was_not_injected_fails_the_run()
    {
        World world = Run(new ThrowingDuty(), isExpected: false, static (world, _) => world.Sleep(1000));
        Assert.IsType<IndexOutOfRangeException>(world.Failure);
    }

    private static World Run(IDuty duty, bool isExpected, Action<World, Broker> body)
    {
        using var world = new World(1, DiskProfile.Ideal, new ActorThreads(), maxSteps: 2_000_000);
        world.IsExpected = exception => isExpected && exception is IndexOutOfRangeException;
        world.Run(() =>
        {
            var process = new SimProcess(world, "life", CrashKind.None, 0);
            process.Run(() =>
            {
                var broker = Broker.Open(new BrokerSettings
                {
                    Storage = process.Storage,
                    TimeProvider = world.Time,
                    DutyPump = process.DutyPump,
                    Hooks = process.Hooks,
                    RandomSeed = 1,
                });
                IDutyHandle handle = broker.DutyPump.Start(duty);
                Assert.True(broker.CreateTopic(new NewTopic("orders", 1)).IsSuccess);
                body(world, broker);
                handle.Dispose();
                broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
            });
        });
        return world;
    }

    private static byte[] Batch()
    {
        var builder = new RecordBatchBuilder(new byte[200]);
        builder.Append(1_700_000_000_000, default, isKeyNull: true, Encoding.UTF8.GetBytes("value"), isValueNull: false);
        return builder.Build().ToArray();
    }

    private sealed class ThrowingDuty : IDuty
    {
        internal int Rounds { get; private set; }

        public string Name => "throwing";

        public long NextWorkMs => 0;

        public int DoWork(long nowMs)
        {
            Rounds++;
            throw new IndexOutOfRangeException("injected");
        }
    }
}
