namespace Zurau.Engine.Log;

/// <summary>The state of a log. It only advances.</summary>
internal enum LogState
{
    /// <summary>Accepts appends and reads.</summary>
    Open,

    /// <summary>Being sealed for a clean shutdown or a deletion.</summary>
    Closing,

    /// <summary>The files are released.</summary>
    Closed,
}
