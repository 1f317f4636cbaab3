using Zurau.Engine.Storage;
using Zurau.Inspection;

namespace Zurau.Tests;

/// <summary>Gives the structural check access to a storage's files.</summary>
internal sealed class StorageFiles(IStorage storage) : IDataFiles
{
    public string Description => storage.Description;

    public IReadOnlyList<string>? List(string path) => storage.List(path, out IReadOnlyList<string> names).IsOk ? names : null;

    public IDataFile? Open(string path) => storage.Open(path, FileOpening.Existing, out IStorageFile? file).IsOk ? new StorageFile(file!) : null;

    private sealed class StorageFile(IStorageFile file) : IDataFile
    {
        public long Length
        {
            get
            {
                file.Length(out long length).ThrowIfFailed("Reading a length");
                return length;
            }
        }

        public int Read(long position, Span<byte> buffer) => file.Read(position, buffer, out int read).IsOk ? read : throw new IOException("The storage cannot read it.");

        public void Dispose() => file.Dispose();
    }
}
