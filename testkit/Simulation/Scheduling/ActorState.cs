namespace Zurau.Testing.Simulation;

/// <summary>What an actor needs to go on.</summary>
internal enum ActorState
{
    /// <summary>The baton.</summary>
    Ready,

    /// <summary>A move of somebody else: it turns in a waiting loop.</summary>
    Turning,

    /// <summary>A condition, or its time.</summary>
    Blocked,

    /// <summary>Nothing any more.</summary>
    Ended,
}
