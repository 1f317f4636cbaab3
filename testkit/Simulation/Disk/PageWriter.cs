namespace Zurau.Testing.Simulation;

/// <summary>
/// Simulates the kernel's writeback: dirty pages reach the disk at any time and, if the
/// profile allows it, in any order.
/// </summary>
internal sealed class PageWriter(DiskProfile profile, SimRandom random, DiskFaults faults)
{
    /// <summary>
    /// Writes up to a number of random pages; returns how many were dirty.
    /// </summary>
    internal int Write(List<DiskFile> files, int pages)
    {
        var dirty = new List<(DiskFile File, int Page)>();
        foreach (DiskFile file in files)
        {
            // A truncation reaches the disk before the pages that were written over it.
            if (file.LowestLength >= file.DurableLength || random.NextBool())
            {
                file.CommitTruncation();
                dirty.AddRange(file.DirtyPages().Select(page => (file, page)));
            }
        }

        int found = dirty.Count;
        for (int i = 0; i < pages && dirty.Count > 0; i++)
        {
            int chosen = random.Next(dirty.Count);
            DiskFile file = dirty[chosen].File;
            if (profile.Data is DataLoss.Suffix or DataLoss.TornSuffix)
            {
                // Only a tail may be lost, so the first page is written first.
                chosen = dirty.FindIndex(candidate => candidate.File == file);
            }

            Write(file, dirty[chosen].Page);
            dirty.RemoveAt(chosen);
        }

        return found;
    }

    private void Write(DiskFile file, int page)
    {
        if (faults.HasRules && faults.Next(DiskOperation.Writeback, file.Path) != 0)
        {
            file.LosePage(page);
            file.WritebackErrors++;
            file.IsWritebackErrorSeen = false;
            return;
        }

        file.WritePage(page);
        if (random.NextBool())
        {
            List<int> dirty = profile.SizeFollowsData ? file.DirtyPages() : [];
            long end = (dirty.Count > 0 ? Math.Min(dirty[0], page + 1) : page + 1) * (long)DiskFile.PageSize;
            file.GrowDurableLength((int)Math.Min(end, int.MaxValue));
        }
    }
}
