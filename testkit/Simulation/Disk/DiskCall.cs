namespace Zurau.Testing.Simulation;

/// <summary>An operation that a process is about to do: where a scheduler may switch, kill or cut the power.</summary>
/// <param name="Operation">Its class.</param>
/// <param name="Path">The file or directory.</param>
/// <param name="Position">Where in the file; 0 where it has no place.</param>
/// <param name="Length">How many bytes; 0 where it has none.</param>
public readonly record struct DiskCall(DiskOperation Operation, string Path, long Position, long Length);
