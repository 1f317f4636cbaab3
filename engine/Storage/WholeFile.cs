namespace Zurau.Engine.Storage;

/// <summary>Reads whole small files.</summary>
internal static class WholeFile
{
    /// <summary>Reads a file; null if it does not exist or cannot be read.</summary>
    internal static byte[]? Read(IStorage storage, string path)
    {
        if (!storage.Open(path, FileOpening.Existing, out IStorageFile? file).IsOk)
        {
            return null;
        }

        using (file)
        {
            if (!file!.Length(out long length).IsOk || length > Array.MaxLength)
            {
                return null;
            }

            byte[] bytes = new byte[length];
            return file.Read(0, bytes, out int read).IsOk && read == length ? bytes : null;
        }
    }
}
