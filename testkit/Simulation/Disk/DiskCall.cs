namespace Zurau.Testing.Simulation;

/// <summary>
/// Describes an operation that a process is about to execute: a point at which a scheduler may switch threads, kill the process or cut the
/// power.
/// </summary>
/// <param name="Operation">The class of the operation.</param>
/// <param name="Path">The file or directory.</param>
/// <param name="Position">The position in the file, in bytes; 0 if the operation has none.</param>
/// <param name="Length">The number of bytes; 0 if the operation has none.</param>
public readonly record struct DiskCall(DiskOperation Operation, string Path, long Position, long Length);
