namespace Zurau.Engine.Log;

/// <summary>The sender of a batch with a producer id; decides which checks apply.</summary>
internal enum AppendOrigin
{
    /// <summary>A client: sequences are checked.</summary>
    Client,

    /// <summary>
    /// A coordinator on behalf of a client, for example for offsets of a transaction: no
    /// sequences.
    /// </summary>
    Coordinator,
}
