namespace Zurau.Testing.Simulation;

/// <summary>How a process ends.</summary>
internal enum CrashKind
{
    /// <summary>It is closed in good order.</summary>
    None,

    /// <summary>kill -9: the page cache survives.</summary>
    Kill,

    /// <summary>The machine loses power: what was flushed survives.</summary>
    PowerLoss,
}
