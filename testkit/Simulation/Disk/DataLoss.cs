namespace Zurau.Testing.Simulation;

/// <summary>Specifies what a power loss may do to unflushed bytes of a file.</summary>
public enum DataLoss
{
    /// <summary>Keeps the bytes up to some sector and loses those after it.</summary>
    Suffix,

    /// <summary>As <see cref="Suffix"/>, but may tear the first lost sector.</summary>
    TornSuffix,

    /// <summary>Keeps any subset of pages; tears none.</summary>
    Pages,

    /// <summary>
    /// Keeps any subset of sectors; may tear changed sectors or fill them with garbage.
    /// </summary>
    TornSectors,
}
