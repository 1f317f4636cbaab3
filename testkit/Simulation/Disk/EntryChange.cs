namespace Zurau.Testing.Simulation;

/// <summary>
/// A change of one name in a directory: its new node; null removes the name.
/// </summary>
internal readonly record struct EntryChange(DiskDirectory Directory, string Name, DiskNode? Node);
