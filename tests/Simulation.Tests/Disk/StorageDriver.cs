using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>Draws calls.</summary>
internal sealed class StorageDriver(SimRandom random, string[] files, string[] directories)
{
    internal const int Slots = 3;
    private const int LargestFile = 20_000;

    internal StorageStep Next()
    {
        string file = files[random.Next(files.Length)];
        string directory = directories[random.Next(directories.Length)];
        int slot = random.Next(Slots);
        int position = random.Next(LargestFile) - (random.Next(20) == 0 ? 100 : 0);
        int length = random.Next(4) == 0 ? random.Next(3) * 4096 : random.Next(6000);
        var step = new StorageStep(DiskOperation.None, file, File: slot, Position: position, Length: length, Fill: (byte)(1 + random.Next(255)));
        return random.Next(21) switch
        {
            0 or 1 or 2 => step with { Operation = DiskOperation.Open, Opening = (FileOpening)random.Next(3) },
            3 => step with { Operation = DiskOperation.Rename, To = files[random.Next(files.Length)] },
            4 => step with { Operation = DiskOperation.Delete },
            5 => step with { Operation = DiskOperation.CreateDirectory, Path = directory },
            6 => step with { Operation = random.Next(4) == 0 && directory.Length > 0 ? DiskOperation.DeleteDirectory : DiskOperation.List, Path = directory },
            7 => step with { Operation = DiskOperation.SyncDirectory, Path = random.NextBool() ? directory : "" },
            8 => step with { Operation = DiskOperation.List, Path = random.NextBool() ? directory : "" },
            9 or 10 => step with { Operation = DiskOperation.Write },
            11 or 12 => step with { Operation = DiskOperation.Read },
            13 => step with { Operation = DiskOperation.Length },
            14 => step with { Operation = DiskOperation.Allocate },
            15 => step with { Operation = DiskOperation.SetLength },
            16 => step with { Operation = DiskOperation.Flush },
            17 => step with { Operation = DiskOperation.Map, Length = random.Next(10) == 0 ? 0 : 32_768 },
            18 => step with { Operation = DiskOperation.Populate, Position = Math.Max(0, position), Length = Math.Max(1, length) },
            _ => step with { Operation = DiskOperation.Writeback, Position = Math.Max(0, position) }, // A store through a map.
        };
    }
}
