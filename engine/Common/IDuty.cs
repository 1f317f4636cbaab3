namespace Zurau.Engine.Common;

/// <summary>
/// A unit of background work that is executed in steps: a named thread in production,
/// seeded order in a simulator. Only its pump calls it, one call at a time. If a duty
/// throws, <c>Broker.Health</c> reports it and the pump calls it again after a pause,
/// so its work must remain resumable. A duty that serves several logs isolates them
/// from each other.
/// </summary>
public interface IDuty
{
    /// <summary>Gets the duty's name, which is also its thread's name.</summary>
    string Name { get; }

    /// <summary>
    /// Gets the time (milliseconds of the pump's monotonic clock) at which the duty has
    /// work without a wake-up; <see cref="long.MaxValue"/> if it only works when woken.
    /// </summary>
    long NextWorkMs { get; }

    /// <summary>
    /// Executes the due work and returns its amount; 0 lets the pump wait. Must not throw
    /// for expected failures.
    /// </summary>
    /// <param name="nowMs">Monotonic milliseconds of the pump's clock.</param>
    int DoWork(long nowMs);
}
