namespace Zurau.Harness.Inspection;

/// <summary>What a check of a data directory came to.</summary>
public sealed class CheckReport
{
    private readonly List<Finding> _findings = [];
    private readonly List<Finding> _notes = [];

    /// <summary>What is wrong.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>What is not as after a clean close and is put right by the next start, as after a crash.</summary>
    public IReadOnlyList<Finding> Notes => _notes;

    /// <summary>Partitions that were checked.</summary>
    public int Partitions { get; internal set; }

    /// <summary>Batches that were read.</summary>
    public long Batches { get; internal set; }

    /// <summary>Records that were read.</summary>
    public long Records { get; internal set; }

    /// <summary>Bytes of logs that were read.</summary>
    public long Bytes { get; internal set; }

    internal void Add(Finding finding, bool isExpected) => (isExpected ? _notes : _findings).Add(finding);
}
