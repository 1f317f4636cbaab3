using CsCheck;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>Generates calls of the storage seam.</summary>
internal static class StorageSteps
{
    internal const int Slots = 3;
    private const int LargestFile = 20_000;
    private static readonly Gen<int> s_slot = Gen.Int[0, Slots - 1];
    private static readonly Gen<int> s_position = Gen.Frequency<int>((19, Gen.Int[0, LargestFile - 1]), (1, Gen.Int[-100, -1]));
    private static readonly Gen<int> s_length = Gen.Frequency<int>((1, Gen.Int[0, 2].Select(static pages => pages * 4096)), (3, Gen.Int[0, 5999]));

    internal static Gen<StorageStep> Of(string[] files, string[] directories)
    {
        Gen<string> file = Gen.OneOf<string>(files);
        Gen<string> directory = Gen.OneOf<string>(directories);
        Gen<string> directoryOrRoot = Gen.OneOf<string>(directory, Gen.Const(""));
        string[] deletable = [.. directories.Where(static path => path.Length > 0)];
        return Gen.Frequency<StorageStep>(
            (12, Gen.Select(file, s_slot, Gen.Enum<FileOpening>(), static (path, slot, opening) => new StorageStep(DiskOperation.Open, path, File: slot, Opening: opening))),
            (4, Gen.Select(file, file, static (from, to) => new StorageStep(DiskOperation.Rename, from, to))),
            (4, file.Select(static path => new StorageStep(DiskOperation.Delete, path))),
            (4, directory.Select(static path => new StorageStep(DiskOperation.CreateDirectory, path))),
            (1, Gen.OneOf<string>(deletable).Select(static path => new StorageStep(DiskOperation.DeleteDirectory, path))),
            (7, directoryOrRoot.Select(static path => new StorageStep(DiskOperation.List, path))),
            (4, directoryOrRoot.Select(static path => new StorageStep(DiskOperation.SyncDirectory, path))),
            (8, OfFile(DiskOperation.Write)),
            (8, OfFile(DiskOperation.Read)),
            (4, s_slot.Select(static slot => new StorageStep(DiskOperation.Length, File: slot))),
            (4, OfFile(DiskOperation.Allocate)),
            (4, OfFile(DiskOperation.SetLength)),
            (4, s_slot.Select(static slot => new StorageStep(DiskOperation.Flush, File: slot))),
            (4, Gen.Select(s_slot, Gen.Frequency<int>((9, 32_768), (1, 0)), static (slot, length) => new StorageStep(DiskOperation.Map, File: slot, Length: length))),
            (4, OfFile(DiskOperation.Populate).Select(static step => step with { Position = Math.Max(0, step.Position), Length = Math.Max(1, step.Length) })),
            (8, OfFile(DiskOperation.Writeback).Select(static step => step with { Position = Math.Max(0, step.Position) }))); // A store through a map.
    }

    private static Gen<StorageStep> OfFile(DiskOperation operation) => Gen.Select(
        s_slot,
        s_position,
        s_length,
        Gen.Byte[1, 255],
        (slot, position, length, fill) => new StorageStep(operation, File: slot, Position: position, Length: length, Fill: fill));
}
