namespace Zurau.Engine.Storage;

/// <summary>Storage cannot be used: the message names the file, the operating system's answer and what to do.</summary>
public sealed class StorageException(string message, int errno = 0, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The operating system's error number; 0 where there is none.</summary>
    public int Errno { get; } = errno;
}
