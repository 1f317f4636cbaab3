namespace Zurau.Testing.Simulation;

/// <summary>Specifies what a power loss may do to those bytes of a file that were not flushed.</summary>
public enum DataLoss
{
    /// <summary>They are kept up to some sector; those after it are lost.</summary>
    Suffix,

    /// <summary>As <see cref="Suffix"/>, and the sector at which the loss begins may be torn.</summary>
    TornSuffix,

    /// <summary>Any subset of pages is kept; no page is torn.</summary>
    Pages,

    /// <summary>Any subset of sectors is kept; a changed sector may be torn or contain garbage.</summary>
    TornSectors,
}
