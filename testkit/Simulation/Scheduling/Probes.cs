namespace Zurau.Testing.Simulation;

/// <summary>
/// Counts rare states that runs must reach: a state that was not reached was not tested.
/// </summary>
internal sealed class Probes
{
    private readonly Dictionary<string, long> _hits = [];

    internal IReadOnlyDictionary<string, long> Hits => _hits;

    internal void Hit(string name) => Add(name, 1);

    internal void Add(Probes other)
    {
        foreach ((string name, long hits) in other._hits)
        {
            Add(name, hits);
        }
    }

    private void Add(string name, long hits) => _hits[name] = _hits.GetValueOrDefault(name) + hits;
}
