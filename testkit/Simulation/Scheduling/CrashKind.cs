namespace Zurau.Testing.Simulation;

/// <summary>Specifies how a process ends.</summary>
internal enum CrashKind
{
    /// <summary>With a clean shutdown.</summary>
    None,

    /// <summary>With kill -9: the page cache survives.</summary>
    Kill,

    /// <summary>With a power loss of the machine: flushed data survives.</summary>
    PowerLoss,
}
