namespace Zurau.Testing.Simulation;

/// <summary>A file or directory; its name may change. Guarded by the disk's lock.</summary>
internal abstract class DiskNode
{
    /// <summary>
    /// The directory in which processes see it; null after it was deleted, and for the
    /// root.
    /// </summary>
    internal DiskDirectory? Parent { get; private set; }

    /// <summary>Its name in that directory, or its last name.</summary>
    internal string Name { get; private set; } = "";

    /// <summary>The directory that durably contains it.</summary>
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
