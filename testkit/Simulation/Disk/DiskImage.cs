namespace Zurau.Testing.Simulation;

/// <summary>Which of a disk's images is looked at.</summary>
public enum DiskImage
{
    /// <summary>What every process of the machine sees: the page cache. It survives a kill.</summary>
    Cache,

    /// <summary>What has reached the disk for certain. What else survives a power loss is drawn when it happens.</summary>
    Durable,
}
