namespace Zurau.Testing.Simulation;

/// <summary>What is known of an append.</summary>
internal enum AppendState
{
    /// <summary>Nobody has heard of it.</summary>
    Open,

    /// <summary>It succeeded.</summary>
    Acknowledged,

    /// <summary>It was refused: it must never be seen.</summary>
    Refused,

    /// <summary>It may have happened.</summary>
    Unknown,
}
