using System.Diagnostics.CodeAnalysis;

namespace Zurau.Listening;

/// <summary>The listeners of a cluster, by id: to look at, to stop and to start. Injectable; thread-safe.</summary>
public sealed class ListenerRegistry
{
    /// <summary>Replaced as a whole when the host starts.</summary>
    private IReadOnlyList<ListenerContainer> _containers = [];

    /// <summary>The listeners in order of registration; empty before the host has started.</summary>
    public IReadOnlyList<ListenerContainer> Containers => Volatile.Read(ref _containers);

    /// <summary>Finds a listener by its id.</summary>
    public bool TryGet(string id, [NotNullWhen(true)] out ListenerContainer? container)
    {
        container = Containers.FirstOrDefault(c => string.Equals(c.Id, id, StringComparison.OrdinalIgnoreCase));
        return container is not null;
    }

    internal void Set(IReadOnlyList<ListenerContainer> containers) => Volatile.Write(ref _containers, containers);
}
