namespace Zurau.Testing.Simulation;

/// <summary>Rare states that runs must have reached ("sometimes"): what was never reached was never tested.</summary>
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
