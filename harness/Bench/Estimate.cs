using Zurau.Harness.Bench.Peers;

namespace Zurau.Harness.Bench;

/// <summary>How long a case is expected to take, as seen on two cores of a virtual machine: right to perhaps a half.</summary>
/// <param name="QuickSeconds">A round of all contestants but the servers, at quick size.</param>
/// <param name="Work">What the time grows with; null where it is the same for all sizes.</param>
/// <param name="ServerSeconds">A round of the servers at quick size.</param>
internal sealed record Estimate(double QuickSeconds, Func<Scale, double>? Work = null, double ServerSeconds = 0)
{
    /// <summary>What does not depend on rounds: filling a log, starting servers.</summary>
    internal double OnceSeconds { get; init; }

    internal double Seconds(Scale scale, PeerChoice peers)
    {
        double share = Work is null ? 1 : Work(scale) / Work(Scale.Quick);
        return (OnceSeconds * share) + (scale.Rounds * share * (QuickSeconds + (peers.WithServers ? ServerSeconds : 0)));
    }
}
