namespace Zurau.Engine.Log;

/// <summary>What a log may still do. Only goes up.</summary>
internal enum LogState
{
    /// <summary>Appends and reads.</summary>
    Open,

    /// <summary>Sealed for a clean end or a deletion.</summary>
    Closing,

    /// <summary>Files are given up.</summary>
    Closed,
}
