namespace Zurau.Embedded.Producing;

/// <summary>What became of an attempt to put a record into a partition's open batch.</summary>
internal enum AppendOutcome
{
    /// <summary>It is in a batch.</summary>
    Appended,

    /// <summary>Its topic's sticky partition has changed: choose again.</summary>
    PartitionChanged,

    /// <summary>It needs a new batch and <c>buffer.memory</c> has no room for one: wait, then try again.</summary>
    NeedsMemory,
}
