namespace Zurau.Testing.Simulation;

/// <summary>Specifies what an actor waits for.</summary>
internal enum ActorState
{
    /// <summary>The token only.</summary>
    Ready,

    /// <summary>A move of another actor: it is in a spin-wait loop.</summary>
    Spinning,

    /// <summary>A condition or a time.</summary>
    Blocked,

    /// <summary>Nothing: it has ended.</summary>
    Ended,
}
