namespace Zurau.Harness.Bench.Peers;

/// <summary>
/// The servers that this process has started and not ended. They are killed when the run
/// ends. Thread-safe.
/// </summary>
internal static class RunningServers
{
    private static readonly HashSet<Action> s_kills = [];

    internal static void Add(Action kill)
    {
        lock (s_kills)
        {
            s_kills.Add(kill);
        }
    }

    internal static void Remove(Action kill)
    {
        lock (s_kills)
        {
            s_kills.Remove(kill);
        }
    }

    internal static void KillAll()
    {
        Action[] kills;
        lock (s_kills)
        {
            kills = [.. s_kills];
        }

        Array.ForEach(kills, static kill => kill());
    }
}
