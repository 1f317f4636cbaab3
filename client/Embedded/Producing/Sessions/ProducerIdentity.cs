namespace Zurau.Embedded.Producing.Sessions;

/// <summary>What the log knows a producer by.</summary>
/// <param name="ProducerId">Its id.</param>
/// <param name="Epoch">Its epoch: of two producers with one id the one with the older epoch is refused.</param>
internal readonly record struct ProducerIdentity(long ProducerId, short Epoch)
{
    /// <summary>No producer.</summary>
    public static ProducerIdentity None => new(-1, -1);
}
