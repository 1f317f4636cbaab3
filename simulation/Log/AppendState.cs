namespace Zurau.Simulation;

/// <summary>Specifies what is known about an append.</summary>
internal enum AppendState
{
    /// <summary>The append has no response yet.</summary>
    Open,

    /// <summary>The append succeeded.</summary>
    Acknowledged,

    /// <summary>The append was rejected. Its batch must never be read.</summary>
    Rejected,

    /// <summary>The append may have been executed.</summary>
    Unknown,
}
