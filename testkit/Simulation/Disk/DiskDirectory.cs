namespace Zurau.Testing.Simulation;

/// <summary>
/// A directory: the entries that processes see, and the entries that are durable.
/// </summary>
internal sealed class DiskDirectory : DiskNode
{
    internal Dictionary<string, DiskNode> Entries { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, DiskNode> Durable { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Sets the node of a name, or removes the name; unlinks the node that had the name.
    /// </summary>
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

    /// <summary>
    /// Sets the durable node of a name, or removes it. A node has at most one durable
    /// name, even if intermediate changes were lost.
    /// </summary>
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

    /// <summary>
    /// Removes the entries that processes saw. Call it on every changed directory before
    /// the first <see cref="LinkDurable"/>.
    /// </summary>
    internal void UnlinkAll()
    {
        foreach (DiskNode node in Entries.Values)
        {
            node.Unlink();
        }

        Entries.Clear();
    }

    /// <summary>Makes the durable entries visible to processes.</summary>
    internal void LinkDurable()
    {
        foreach ((string name, DiskNode node) in Durable)
        {
            Entries[name] = node;
            node.Link(this, name);
        }
    }
}
