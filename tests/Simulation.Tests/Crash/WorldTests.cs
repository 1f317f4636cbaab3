using Zurau.Engine.Log;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Crash;

public sealed class WorldTests
{
    private readonly ActorThreads _threads = new();

    [Fact]
    public void Two_worlds_of_one_seed_go_the_same_way_and_those_of_others_do_not()
    {
        string[] orders = [.. new ulong[] { 1, 1, 2, 3, 4 }.Select(Order)];
        Assert.Equal(orders[0], orders[1]);
        Assert.True(orders.Distinct().Count() > 2);
    }

    [Fact]
    public void Actors_that_wait_for_each_other_are_named()
    {
        using World world = Make(1);
        world.Run(() =>
        {
            world.Spawn("left", null, () => world.Block(static () => false, "right's answer"));
            world.Block(static () => false, "left's answer");
        });
        Assert.Contains("left at right's answer", world.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("operator at left's answer", world.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_leaves_the_simulation_is_named_with_its_stack()
    {
        using World world = Make(1);
        world.Run(() =>
        {
            var process = new SimProcess(world, "life", CrashKind.None, 0);
            process.Run(() =>
            {
                var stray = new Thread(() =>
                {
                    try
                    {
                        process.Hooks.At(LogPoint.ReadEndKnown);
                    }
                    catch (SimulationFailure)
                    {
                        // The world has noted it.
                    }
                });
                stray.Start();
                stray.Join();
            });
        });
        Assert.Contains("log.ReadEndKnown", world.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Code_that_leaves_the_simulation_is_named_with_its_stack), world.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_killed_process_unwinds_after_its_disk_is_frozen()
    {
        using World world = Make(1);
        bool hasUnwound = false;
        byte[]? left = null;
        world.Run(() =>
        {
            var process = new SimProcess(world, "life", CrashKind.Kill, 3);
            process.Run(() =>
            {
                process.Storage.Open("a", Zurau.Engine.Storage.FileOpening.New, out Zurau.Engine.Storage.IStorageFile? file);
                try
                {
                    file!.Write(0, [1, 2, 3]);
                    file.Write(3, [4, 5, 6]);
                    Assert.Fail("Unreachable.");
                }
                finally
                {
                    hasUnwound = process.IsDead;
                }
            });
            left = world.Disk.ReadFile("a");
        });
        Assert.Null(world.Failure);
        Assert.True(hasUnwound);
        Assert.True(left!.Length <= 3);
    }

    [Fact]
    public void Time_advances_if_no_actor_can_move()
    {
        using World world = Make(1);
        long before = 0;
        long after = 0;
        world.Run(() =>
        {
            before = world.NowMs;
            world.Sleep(3_600_000);
            after = world.NowMs;
        });
        Assert.InRange(after - before, 3_600_000, 3_600_001);
    }

    private string Order(ulong seed)
    {
        using World world = Make(seed);
        var order = new List<string>();
        world.Run(() =>
        {
            foreach (string name in new[] { "a", "b", "c" })
            {
                world.Spawn(name, null, () =>
                {
                    for (int i = 0; i < 20; i++)
                    {
                        order.Add(name);
                        world.Step(StepPoint.Operation);
                    }
                });
            }
        });
        Assert.Null(world.Failure);
        return string.Concat(order);
    }

    private World Make(ulong seed) => new(seed, DiskProfile.Nasty, _threads);
}
