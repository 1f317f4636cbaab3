namespace Zurau.Inspection;

/// <summary>Contains the result of a check of a data directory.</summary>
public sealed class CheckReport
{
    private readonly List<Finding> _findings = [];
    private readonly List<Finding> _notes = [];

    /// <summary>Gets the problems.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>
    /// Gets the differences to a clean shutdown that the next startup repairs, as after a
    /// crash.
    /// </summary>
    public IReadOnlyList<Finding> Notes => _notes;

    /// <summary>Gets the number of partitions that were checked.</summary>
    public int Partitions { get; internal set; }

    /// <summary>Gets the number of batches that were read.</summary>
    public long Batches { get; internal set; }

    /// <summary>Gets the number of records that were read.</summary>
    public long Records { get; internal set; }

    /// <summary>Gets the number of log bytes that were read.</summary>
    public long Bytes { get; internal set; }

    internal void Add(Finding finding, bool isExpected) => (isExpected ? _notes : _findings).Add(finding);
}
