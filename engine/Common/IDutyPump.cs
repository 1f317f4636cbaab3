namespace Zurau.Engine.Common;

/// <summary>
/// Runs duties: on threads in production, as stepped actors in a simulator.
/// </summary>
public interface IDutyPump
{
    /// <summary>
    /// Gets the time that <see cref="IDuty.DoWork"/> is called with: monotonic
    /// milliseconds.
    /// </summary>
    long NowMs { get; }

    /// <summary>Starts to run a duty, until the returned handle is disposed.</summary>
    IDutyHandle Start(IDuty duty);
}

/// <summary>
/// A running duty. Disposing it waits for the current step and stops the duty.
/// </summary>
public interface IDutyHandle : IDisposable
{
    /// <summary>
    /// Makes the pump call the duty soon. The caller must publish its work first; the pump
    /// checks for work after the wake-up, so no work is missed. Cheap if the duty is awake.
    /// Thread-safe.
    /// </summary>
    void Wake();
}
