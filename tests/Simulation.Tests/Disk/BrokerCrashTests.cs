using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>
/// The shipped engine keeps its promises on a disk that is killed and loses power at
/// any call, also while it recovers.
/// </summary>
public sealed class BrokerCrashTests
{
    public static TheoryData<string> Honest => [.. Disks.Honest.Select(static profile => profile.Name)];

    // K1 K2 K3 L1: at every disk call of appends, rolls, flushes, checkpoints, topic
    // changes, recovery and close.
    [Theory]
    [MemberData(nameof(Honest))]
    public void Acknowledged_records_survive_any_crash_and_no_others_appear(string profile) => Disks.ForSeeds(150, seed =>
    {
        using var broker = new CrashingBroker(seed, DiskProfile.All.Single(candidate => candidate.Name == profile));
        broker.Run(runs: 6);
    });

    [Fact]
    public void A_disk_that_lies_is_caught_losing_acknowledged_records()
    {
        int losses = 0;
        for (ulong seed = 0; seed < 60; seed++)
        {
            using var broker = new CrashingBroker(seed, DiskProfile.Lying);
            losses += Record.Exception(() => broker.Run(runs: 6)) is null ? 0 : 1;
        }

        Assert.True(losses > 0);
    }
}
