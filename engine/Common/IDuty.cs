namespace Zurau.Engine.Common;

/// <summary>
/// A piece of background work that is stepped: production pumps it on a named thread, a simulator steps it in seeded order.
/// Only its pump calls it, one call at a time. A duty that throws is reported in <c>Broker.Health</c> and called again after a pause, so it
/// must leave its work in a state that can be resumed; a duty that serves several logs isolates them from each other.
/// </summary>
public interface IDuty
{
    /// <summary>Names the thread that pumps the duty.</summary>
    string Name { get; }

    /// <summary>
    /// The time (milliseconds of the pump's monotonic clock) at which the duty has work even if nobody wakes it;
    /// <see cref="long.MaxValue"/> when it only works when woken.
    /// </summary>
    long NextWorkMs { get; }

    /// <summary>Does what is due and returns how much that was; 0 lets the pump wait. Must not throw for expected failures.</summary>
    /// <param name="nowMs">Monotonic milliseconds of the pump's clock.</param>
    int DoWork(long nowMs);
}
