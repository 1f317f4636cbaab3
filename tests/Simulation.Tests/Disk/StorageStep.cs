using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>One call of the storage seam, to be done to several storages.</summary>
internal sealed record StorageStep(DiskOperation Operation, string Path = "", string To = "", int File = 0, long Position = 0, int Length = 0, byte Fill = 0, FileOpening Opening = FileOpening.Existing)
{
    public override string ToString() => Operation switch
    {
        DiskOperation.Open => $"open {Opening} '{Path}'",
        DiskOperation.Rename => $"rename '{Path}' to '{To}'",
        DiskOperation.Delete or DiskOperation.List or DiskOperation.SyncDirectory or DiskOperation.CreateDirectory or DiskOperation.DeleteDirectory => $"{Operation} '{Path}'",
        _ => $"{Operation} file {File} at {Position}, {Length} bytes of {Fill}",
    };
}
