using Zurau.Engine.Storage;

namespace Engine.Tests.Support;

/// <summary>Reads files of a storage and changes them without the engine.</summary>
internal static class StorageEdits
{
    internal static long LengthOf(this IStorage storage, string path)
    {
        Assert.True(storage.Open(path, FileOpening.Existing, out IStorageFile? file).IsOk, path);
        using (file)
        {
            file!.Length(out long length);
            return length;
        }
    }

    /// <summary>Damages a byte and returns what the file was.</summary>
    internal static byte[] Flip(this IStorage storage, string path, long position)
    {
        byte[] bytes = WholeFile.Read(storage, path)!;
        Assert.True(storage.Open(path, FileOpening.Existing, out IStorageFile? file).IsOk, path);
        using (file)
        {
            Assert.True(file!.Write(position, [(byte)~bytes[position]]).IsOk);
        }

        return bytes;
    }
}
