namespace Zurau.Engine.Storage;

/// <summary>
/// Reports that the storage cannot be used; the message names the file, the operating
/// system's error and the remedy.
/// </summary>
public sealed class StorageException(string message, int errno = 0, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Gets the operating system's error number; 0 if there is none.</summary>
    public int Errno { get; } = errno;
}
