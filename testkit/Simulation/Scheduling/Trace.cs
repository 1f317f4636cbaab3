namespace Zurau.Testing.Simulation;

/// <summary>Keeps the last steps of a world for the report of a failure.</summary>
internal sealed class Trace(int capacity)
{
    private readonly TraceEntry[] _entries = new TraceEntry[capacity];
    private long _added;

    internal void Add(in TraceEntry entry) => _entries[_added++ % capacity] = entry;

    internal IReadOnlyList<string> Last()
    {
        long from = Math.Max(0, _added - capacity);
        var lines = new List<string>();
        for (long i = from; i < _added; i++)
        {
            lines.Add(_entries[i % capacity].ToString());
        }

        return lines;
    }
}
