namespace Zurau.Testing.Simulation;

/// <summary>
/// Describes a disk operation that is about to be executed. At this point a scheduler may
/// switch threads, kill the process or cause a power loss.
/// </summary>
/// <param name="Operation">The class of the operation.</param>
/// <param name="Path">The file or directory.</param>
/// <param name="Position">The position in the file, in bytes; 0 if the operation has
/// none.</param>
/// <param name="Length">The number of bytes; 0 if the operation has none.</param>
public readonly record struct DiskCall(DiskOperation Operation, string Path, long Position, long Length);
