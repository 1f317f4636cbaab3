namespace Zurau.Testing.Simulation;

/// <summary>
/// Decides which bytes of a file survive a power loss. The probabilities of torn and
/// dropped pages are FoundationDB's.
/// </summary>
internal sealed class PowerLossEffects(DiskProfile profile, SimRandom random)
{
    /// <summary>The bytes of a dirty sector that differ between cache and disk.</summary>
    private readonly record struct Changed(int Page, int Position, int Length)
    {
        internal int End => Position + Length;
    }

    internal void Apply(DiskFile file)
    {
        List<int> dirty = file.DirtyPages();
        if (dirty.Count > 0 || file.IsSizePending)
        {
            bool keepsAll = random.NextBool(profile.KeptFileRate);
            if (file.LowestLength < file.DurableLength && (keepsAll || profile.Entries == EntryLoss.None || random.NextBool()))
            {
                file.CommitTruncation();
                dirty = file.DirtyPages();
            }

            int firstLost = KeepBytes(file, Differences(file, dirty), keepsAll);
            file.SetDurableLength(FinalLength(file, firstLost, keepsAll));
        }

        file.DropCache();
    }

    private static List<Changed> Differences(DiskFile file, List<int> dirty)
    {
        var changed = new List<Changed>();
        Span<byte> before = stackalloc byte[DiskFile.SectorSize];
        Span<byte> after = stackalloc byte[DiskFile.SectorSize];
        foreach (int page in dirty)
        {
            for (int sector = 0; sector < DiskFile.PageSize / DiskFile.SectorSize; sector++)
            {
                int position = (page * DiskFile.PageSize) + (sector * DiskFile.SectorSize);
                file.ReadDurable(position, before);
                file.ReadCache(position, after);
                int same = before.CommonPrefixLength(after);
                if (same < DiskFile.SectorSize)
                {
                    int last = DiskFile.SectorSize - 1;
                    while (before[last] == after[last])
                    {
                        last--;
                    }

                    changed.Add(new Changed(page, position + same, last + 1 - same));
                }
            }
        }

        return changed;
    }

    /// <summary>
    /// Writes the surviving bytes to the disk. Returns the position of the first lost
    /// byte, or the end of the file.
    /// </summary>
    private int KeepBytes(DiskFile file, List<Changed> changed, bool keepsAll)
    {
        if (keepsAll)
        {
            changed.ForEach(part => file.CopyToDurable(part.Position, part.Length));
            return file.Length;
        }

        return profile.Data switch
        {
            DataLoss.Suffix or DataLoss.TornSuffix => KeepPrefix(file, changed),
            DataLoss.Pages => KeepPages(file, changed),
            _ => KeepSectors(file, changed),
        };
    }

    private int KeepPrefix(DiskFile file, List<Changed> changed)
    {
        int kept = random.Next(changed.Count + 1);
        for (int i = 0; i < kept; i++)
        {
            file.CopyToDurable(changed[i].Position, changed[i].Length);
        }

        if (kept == changed.Count)
        {
            return file.Length;
        }

        Changed end = changed[kept];
        int torn = profile.Data == DataLoss.TornSuffix ? random.Next(end.Length) : 0;
        file.CopyToDurable(end.Position, torn);
        return end.Position + torn;
    }

    private int KeepPages(DiskFile file, List<Changed> changed)
    {
        int firstLost = file.Length;
        int page = -1;
        bool isKept = false;
        foreach (Changed part in changed)
        {
            isKept = part.Page == page ? isKept : random.NextBool();
            page = part.Page;
            if (isKept)
            {
                file.CopyToDurable(part.Position, part.Length);
            }
            else
            {
                firstLost = Math.Min(firstLost, part.Position);
            }
        }

        return firstLost;
    }

    private int KeepSectors(DiskFile file, List<Changed> changed)
    {
        int firstLost = file.Length;
        int page = -1;
        int fate = 0; // Of the page: 0 kept, 1 dropped, 2 decided for each sector.
        foreach (Changed part in changed)
        {
            fate = part.Page == page ? fate : random.Next(3);
            page = part.Page;
            int sector = fate == 2 ? random.Next(4) : fate; // 0 kept, 1 dropped, else torn.
            if (sector == 0)
            {
                file.CopyToDurable(part.Position, part.Length);
                continue;
            }

            firstLost = Math.Min(firstLost, part.Position);
            if (sector > 1)
            {
                Tear(file, part);
            }
        }

        return firstLost;
    }

    /// <summary>
    /// Writes the left or the right part of a change to the disk, or none; the other part
    /// may become garbage.
    /// </summary>
    private void Tear(DiskFile file, Changed part)
    {
        int side = random.Next(3);
        int cut = part.Position + random.Next(part.Length + 1);
        bool isGarbage = side == 2 || random.NextBool();
        (int badFrom, int badTo) = side switch
        {
            0 => (cut, part.End),
            1 => (part.Position, cut),
            _ => (part.Position, part.End),
        };
        file.CopyToDurable(part.Position, badFrom - part.Position);
        file.CopyToDurable(badTo, part.End - badTo);
        if (isGarbage)
        {
            random.Fill(file.DurableAt(badFrom, badTo - badFrom));
        }
    }

    private int FinalLength(DiskFile file, int firstLost, bool keepsAll)
    {
        int before = file.DurableLength;
        if (keepsAll)
        {
            return file.LowestLength < before ? before : file.Length;
        }

        if (file.Length <= before)
        {
            return before; // A surviving truncation was applied before.
        }

        if (!profile.SizeFollowsData)
        {
            return random.Next(3) switch
            {
                0 => before,
                1 => file.Length,
                _ => (int)random.Next(before, file.Length + 1L),
            };
        }

        bool keepsAllocation = profile.Entries == EntryLoss.None || random.NextBool();
        int allocated = keepsAllocation ? Math.Max(before, file.AllocatedLength) : before;
        bool keepsGrowth = profile.Data != DataLoss.Pages || random.NextBool();
        return keepsGrowth ? Math.Max(allocated, firstLost) : allocated;
    }
}
