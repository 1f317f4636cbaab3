namespace Zurau.Engine.Log;

/// <summary>Who sends a batch with a producer id: it says which rules hold.</summary>
internal enum AppendOrigin
{
    /// <summary>A client: sequences are checked.</summary>
    Client,

    /// <summary>A coordinator on a client's behalf, such as offsets of a transaction: there are no sequences.</summary>
    Coordinator,
}
