namespace Zurau.Testing.Simulation;

/// <summary>The sectors of a file that cannot be read.</summary>
internal sealed class SectorSet
{
    private readonly HashSet<int> _sectors = [];

    internal void Add(long position) => _sectors.Add((int)(position / DiskFile.SectorSize));

    internal void Clear() => _sectors.Clear();

    internal bool Touches(int position, int length) => _sectors.Count > 0 && _sectors.Any(sector => IsIn(sector, position, length));

    /// <summary>Makes the sectors in a written range readable again.</summary>
    internal void MarkReadable(int position, int length) => _sectors.RemoveWhere(sector => IsIn(sector, position, length));

    private static bool IsIn(int sector, int position, int length) =>
        sector >= position / DiskFile.SectorSize && sector <= (position + length - 1) / DiskFile.SectorSize;
}
