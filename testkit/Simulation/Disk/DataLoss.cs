namespace Zurau.Testing.Simulation;

/// <summary>What a power loss may do to a file's bytes that were not flushed.</summary>
public enum DataLoss
{
    /// <summary>They are kept up to some sector; what lies behind it in the file is lost.</summary>
    Suffix,

    /// <summary>As <see cref="Suffix"/>, and the sector where it ends may be torn.</summary>
    TornSuffix,

    /// <summary>Any subset of pages is kept, whole.</summary>
    Pages,

    /// <summary>Any subset of sectors is kept, and each may be torn or garbage where it had changed.</summary>
    TornSectors,
}
