using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>Executes steps on one storage and records its results.</summary>
internal sealed class OpenFiles(IStorage storage) : IDisposable
{
    private readonly IStorageFile?[] _files = new IStorageFile?[StorageSteps.Slots];
    private readonly MappedRegion?[] _regions = new MappedRegion?[StorageSteps.Slots];

    internal string Do(StorageStep step)
    {
        IStorageFile? file = _files[step.File];
        switch (step.Operation)
        {
            case DiskOperation.Open:
                Close(step.File);
                IoResult opened = storage.Open(step.Path, step.Opening, out _files[step.File]);
                return $"{opened.Errno} {_files[step.File] is not null}";
            case DiskOperation.Rename:
                return $"{storage.Rename(step.Path, step.To).Errno}";
            case DiskOperation.Delete:
                return $"{storage.Delete(step.Path).Errno}";
            case DiskOperation.CreateDirectory:
                return $"{storage.CreateDirectory(step.Path).Errno}";
            case DiskOperation.DeleteDirectory:
                return $"{storage.DeleteDirectory(step.Path).Errno}";
            case DiskOperation.SyncDirectory:
                return $"{storage.SyncDirectory(step.Path).Errno}";
            case DiskOperation.List:
                IoResult listed = storage.List(step.Path, out IReadOnlyList<string> names);
                return $"{listed.Errno} {string.Join(' ', names.Where(static name => name != ".lock"))}";
            default:
                return file is null ? "not open" : Do(step, file);
        }
    }

    public void Dispose()
    {
        for (int slot = 0; slot < _files.Length; slot++)
        {
            Close(slot);
        }
    }

    private string Do(StorageStep step, IStorageFile file)
    {
        switch (step.Operation)
        {
            case DiskOperation.Length:
                return $"{file.Length(out long length).Errno} {length}";
            case DiskOperation.Read:
                byte[] buffer = new byte[step.Length];
                IoResult read = file.Read(step.Position, buffer, out int count);
                return $"{read.Errno} {count} {Convert.ToHexString(buffer)}";
            case DiskOperation.Write:
                return $"{file.Write(step.Position, Filled(step)).Errno}";
            case DiskOperation.Allocate:
                return $"{file.Allocate(step.Position, step.Length).Errno}";
            case DiskOperation.SetLength:
                return $"{file.SetLength(step.Position).Errno}";
            case DiskOperation.Flush:
                return $"{file.FlushData().Errno}";
            case DiskOperation.Map:
                Unmap(step.File);
                return $"{file.Map(step.Length, out _regions[step.File]).Errno} {_regions[step.File]?.Length}";
            case DiskOperation.Populate:
                return $"{_regions[step.File]?.PopulateForRead((int)step.Position, step.Length).Errno}";
            default:
                return Store(step, file);
        }
    }

    /// <summary>Stores through the map, where it has a byte.</summary>
    private string Store(StorageStep step, IStorageFile file)
    {
        _ = file.Length(out long length);
        int end = (int)Math.Min(length, step.Position + step.Length);
        if (_regions[step.File] is not { } region || end <= step.Position)
        {
            return "nothing to store to";
        }

        Span<byte> target = region.GetSpan()[(int)step.Position..end];
        string before = Convert.ToHexString(target);
        target.Fill(step.Fill);
        return before;
    }

    private static byte[] Filled(StorageStep step)
    {
        byte[] bytes = new byte[step.Length];
        bytes.AsSpan().Fill(step.Fill);
        return bytes;
    }

    private void Close(int slot)
    {
        Unmap(slot);
        _files[slot]?.Dispose();
        _files[slot] = null;
    }

    private void Unmap(int slot)
    {
        ((IDisposable?)_regions[slot])?.Dispose();
        _regions[slot] = null;
    }
}
