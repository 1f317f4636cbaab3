using System.Globalization;
using Zurau.Engine.Log;

namespace Engine.Tests.Support;

/// <summary>
/// A copy of a data directory that a real Kafka wrote, and what Kafka's own tools say
/// about it.
/// </summary>
internal sealed class GoldenDirectory : IDisposable
{
    private static readonly string s_root = System.IO.Path.Combine(AppContext.BaseDirectory, "golden", "logs");
    private readonly TestDirectory _directory = new(isChecked: false); // Tests damage it under Kafka's own marker.

    internal GoldenDirectory(string name)
    {
        string source = System.IO.Path.Combine(s_root, name);
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string target = System.IO.Path.Combine(Path, System.IO.Path.GetRelativePath(source, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    internal string Path => _directory.Path;

    internal static string Root => s_root;

    internal static IEnumerable<string> Partitions(string name) =>
        Directory.EnumerateDirectories(System.IO.Path.Combine(s_root, name)).Select(static path => System.IO.Path.GetFileName(path)).Order(StringComparer.Ordinal);

    /// <summary>
    /// The lines of Kafka's dump tool for one file, such as
    /// <c>00000000000000000000.index</c>; empty if it has none.
    /// </summary>
    internal static IReadOnlyDictionary<string, string[]> Dumps(string name, string partition)
    {
        var files = new Dictionary<string, List<string>>();
        string path = System.IO.Path.Combine(s_root, "dumps", name, partition + ".indexes.txt");
        List<string> lines = [];
        foreach (string line in File.Exists(path) ? File.ReadAllLines(path) : [])
        {
            if (line.StartsWith("Dumping ", StringComparison.Ordinal))
            {
                lines = files[System.IO.Path.GetFileName(line)] = [];
            }
            else if (!line.EndsWith(" is empty.", StringComparison.Ordinal))
            {
                lines.Add(line);
            }
        }

        return files.ToDictionary(static file => file.Key, static file => file.Value.ToArray());
    }

    /// <summary>A snapshot's entry as the dump tool prints it.</summary>
    internal static string Dump(LoggedProducer state) => string.Create(CultureInfo.InvariantCulture,
        $"producerId: {state.ProducerId} producerEpoch: {state.Epoch} coordinatorEpoch: {state.CoordinatorEpoch} currentTxnFirstOffset: {(state.TransactionFirstOffset < 0 ? "OptionalLong.empty" : $"OptionalLong[{state.TransactionFirstOffset}]")} lastTimestamp: {state.Timestamp} ")
        + (state.LastOffset < 0 ? "" : string.Create(CultureInfo.InvariantCulture,
            $"firstSequence: {state.LastSequence - state.OffsetDelta} lastSequence: {state.LastSequence} lastOffset: {state.LastOffset} offsetDelta: {state.OffsetDelta} timestamp: {state.Timestamp}"));

    public void Dispose() => _directory.Dispose();
}
