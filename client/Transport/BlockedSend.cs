namespace Zurau.Transport;

/// <summary>
/// Holds what a transport keeps of a record for which it had no room: the partition that was chosen for it, and the room once there is
/// some. Used by one caller at a time.
/// </summary>
public abstract class BlockedSend : IDisposable
{
    /// <summary>Waits for room, for up to <c>max.block.ms</c>; earlier waiters are served first.</summary>
    /// <exception cref="KafkaException">There was no room within <c>max.block.ms</c>.</exception>
    /// <exception cref="ObjectDisposedException">The producer was closed.</exception>
    public abstract ValueTask WaitForRoomAsync(CancellationToken cancellationToken);

    /// <summary>Gives back the room that no record used.</summary>
    public abstract void Dispose();
}
