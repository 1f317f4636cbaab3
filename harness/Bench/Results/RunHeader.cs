namespace Zurau.Harness.Bench.Results;

/// <summary>Where, when and with what a run was made.</summary>
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
    /// <summary>The header's lines, name and value.</summary>
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
        ("load average when the run began", Load.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture)),
    ];
}
