namespace Zurau.Testing.Simulation;

/// <summary>A directory: the entries that processes see, and those that are on the disk for certain.</summary>
internal sealed class DiskDirectory : DiskNode
{
    internal Dictionary<string, DiskNode> Entries { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, DiskNode> Durable { get; } = new(StringComparer.Ordinal);

    /// <summary>Gives a name a node, or none; what had the name is unlinked.</summary>
    internal void Set(string name, DiskNode? node)
    {
        if (Entries.Remove(name, out DiskNode? old))
        {
            old.Unlink();
        }

        if (node is not null)
        {
            node.Parent?.Entries.Remove(node.Name);
            Entries[name] = node;
            node.Link(this, name);
        }
    }

    /// <summary>The same on the disk. A node has one name there, whatever changes were lost in between.</summary>
    internal void SetDurable(string name, DiskNode? node)
    {
        if (Durable.Remove(name, out DiskNode? old))
        {
            old.DurableParent = null;
        }

        if (node is not null)
        {
            node.DurableParent?.Durable.Remove(node.DurableName);
            Durable[name] = node;
            node.DurableParent = this;
            node.DurableName = name;
        }
    }

    /// <summary>Forgets what processes saw, before <see cref="LinkDurable"/> of this and every other directory that changed.</summary>
    internal void UnlinkAll()
    {
        foreach (DiskNode node in Entries.Values)
        {
            node.Unlink();
        }

        Entries.Clear();
    }

    /// <summary>Shows processes what is on the disk.</summary>
    internal void LinkDurable()
    {
        foreach ((string name, DiskNode node) in Durable)
        {
            Entries[name] = node;
            node.Link(this, name);
        }
    }
}
