using Zurau.Harness.Bench.Peers;

namespace Zurau.Harness.Bench;

/// <summary>
/// The expected duration of a case on two cores of a virtual machine, with an error of
/// about 50 %.
/// </summary>
/// <param name="QuickSeconds">The duration of a round of all contestants except servers,
/// at size quick.</param>
/// <param name="Work">The amount of work that the duration is proportional to; null if it
/// is the same for all sizes.</param>
/// <param name="ServerSeconds">The duration of a round of the servers at size
/// quick.</param>
internal sealed record Estimate(double QuickSeconds, Func<Scale, double>? Work = null, double ServerSeconds = 0)
{
    /// <summary>
    /// Gets the time that does not depend on the rounds: filling a log, starting servers.
    /// </summary>
    internal double OnceSeconds { get; init; }

    internal double Seconds(Scale scale, PeerChoice peers)
    {
        double share = Work is null ? 1 : Work(scale) / Work(Scale.Quick);
        return (OnceSeconds * share) + (scale.Rounds * share * (QuickSeconds + (peers.WithServers ? ServerSeconds : 0)));
    }
}
