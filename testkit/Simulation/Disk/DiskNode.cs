namespace Zurau.Testing.Simulation;

/// <summary>A file or directory, whatever its name is. Guarded by the disk's gate.</summary>
internal abstract class DiskNode
{
    /// <summary>The directory where processes see it; null once it is deleted, and for the root.</summary>
    internal DiskDirectory? Parent { get; private set; }

    /// <summary>Its name there, or its last one.</summary>
    internal string Name { get; private set; } = "";

    /// <summary>The directory that has it for certain after a power loss.</summary>
    internal DiskDirectory? DurableParent { get; set; }

    internal string DurableName { get; set; } = "";

    internal string Path => Parent is null or { Parent: null, Name: "" } ? Name : $"{Parent.Path}/{Name}";

    internal void Link(DiskDirectory parent, string name)
    {
        Parent = parent;
        Name = name;
    }

    internal void Unlink() => Parent = null;
}
