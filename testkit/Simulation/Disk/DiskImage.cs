namespace Zurau.Testing.Simulation;

/// <summary>Specifies which content of a disk is read.</summary>
public enum DiskImage
{
    /// <summary>What every process of the machine sees: the page cache. It survives a kill.</summary>
    Cache,

    /// <summary>What is durable. A power loss may keep more; that is drawn when it happens.</summary>
    Durable,
}
