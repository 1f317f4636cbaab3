namespace Zurau.Simulation;

/// <summary>The known state of an append.</summary>
internal enum AppendState
{
    /// <summary>The append has no response yet.</summary>
    Open,

    /// <summary>The append succeeded.</summary>
    Acknowledged,

    /// <summary>The append was rejected: its batch must never be read.</summary>
    Refused,

    /// <summary>The append may have been executed.</summary>
    Unknown,
}
