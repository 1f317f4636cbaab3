namespace Zurau.Testing.Simulation;

/// <summary>One name in one directory, and the node it is given; null removes it.</summary>
internal readonly record struct EntryChange(DiskDirectory Directory, string Name, DiskNode? Node);
