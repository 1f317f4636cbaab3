namespace Zurau.Testing.Simulation;

/// <summary>One who acts in a world: a thread that moves only while it has the baton. All members belong to the baton's holder.</summary>
internal sealed class Actor(int id, string name, SimProcess? process)
{
    internal int Id { get; } = id;

    internal string Name { get; } = name;

    /// <summary>The process it lives and dies with; null for whoever stands outside.</summary>
    internal SimProcess? Process { get; } = process;

    /// <summary>It runs a duty of its process.</summary>
    internal bool IsDuty { get; set; }

    internal Turn Turn { get; } = new();

    internal ActorState State { get; set; }

    /// <summary>Blocked: what has to become true; null where only time helps.</summary>
    internal Func<bool>? Condition { get; set; }

    /// <summary>Blocked: the monotonic time that ends it anyway.</summary>
    internal long DeadlineMs { get; set; }

    /// <summary>Turning: how far the world was when it turned; it moves again once the world is further.</summary>
    internal long Stamp { get; set; }

    /// <summary>Where it is, for messages.</summary>
    internal string Place { get; set; } = "start";

    /// <summary>Who runs first, where the world goes by priorities.</summary>
    internal double Priority { get; set; }

    /// <summary>The copy that it has under way.</summary>
    internal PendingCopy? Copy { get; set; }

    internal bool IsEnded => State == ActorState.Ended;
}
