namespace Zurau.Testing.Simulation;

/// <summary>Specifies which content of a disk to read.</summary>
public enum DiskImage
{
    /// <summary>
    /// Selects the page cache, which all processes see. It survives a kill.
    /// </summary>
    Cache,

    /// <summary>
    /// Selects the durable content. A power loss may keep more, as the disk draws at that
    /// time.
    /// </summary>
    Durable,
}
