namespace Zurau;

/// <summary>When a listener's offsets are committed.</summary>
public enum AckMode
{
    /// <summary>As the settings say; with an <see cref="IAcknowledgment"/> parameter it is <see cref="Manual"/>.</summary>
    Default,

    /// <summary>After each record.</summary>
    Record,

    /// <summary>After all records of a poll.</summary>
    Batch,

    /// <summary>When acknowledged, together with the other acknowledgments of the poll.</summary>
    Manual,

    /// <summary>When acknowledged, at once.</summary>
    ManualImmediate,
}
