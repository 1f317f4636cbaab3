namespace Zurau.Testing.Simulation;

/// <summary>
/// A simulated thread. Runs only while it holds the token of its world. Only the holder
/// of the token may use its members.
/// </summary>
internal sealed class Actor(int id, string name, SimProcess? process)
{
    internal int Id { get; } = id;

    internal string Name { get; } = name;

    /// <summary>
    /// The process that it belongs to; null for an actor outside of all processes.
    /// </summary>
    internal SimProcess? Process { get; } = process;

    /// <summary>True if it runs a duty of its process.</summary>
    internal bool IsDuty { get; set; }

    internal TokenSignal Token { get; } = new();

    internal ActorState State { get; set; }

    /// <summary>
    /// If blocked: the condition that it waits for; null for a time only.
    /// </summary>
    internal Func<bool>? Condition { get; set; }

    /// <summary>
    /// If blocked: the monotonic time at which it continues without the condition.
    /// </summary>
    internal long DeadlineMs { get; set; }

    /// <summary>
    /// If spinning: the number of moves of the world when it last checked; it runs again
    /// after another move.
    /// </summary>
    internal long Stamp { get; set; }

    /// <summary>Its last step or what it waits for, for messages.</summary>
    internal string Place { get; set; } = "start";

    /// <summary>
    /// Its priority, if the schedule uses priorities; the highest runs first.
    /// </summary>
    internal double Priority { get; set; }

    /// <summary>The copy that it is executing.</summary>
    internal PendingCopy? Copy { get; set; }

    internal bool IsEnded => State == ActorState.Ended;
}
