namespace Zurau.Harness.Bench.Results;

/// <summary>The place, time and environment of a run.</summary>
internal sealed record RunHeader(
    string Date,
    string Size,
    string Suites,
    string Commit,
    bool IsDirty,
    string Cpu,
    int Cores,
    string Memory,
    string Kernel,
    string FileSystem,
    string Runtime,
    string GarbageCollection,
    double Load)
{
    /// <summary>Returns the lines of the header, as name and value.</summary>
    internal IEnumerable<(string Name, string Value)> Lines() =>
    [
        ("date", Date),
        ("size, suites", $"{Size}, {Suites}"),
        ("commit", Commit + (IsDirty ? " with uncommitted changes" : "")),
        ("processor", $"{Cpu}, {Cores} cores"),
        ("memory", Memory),
        ("kernel", Kernel),
        ("file system of the data", FileSystem),
        ("runtime", Runtime),
        ("garbage collection", GarbageCollection),
        ("load average at the start of the run", Load.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture)),
    ];
}
