namespace Zurau.Engine.Common;

/// <summary>Starts duties: on threads in production, as stepped actors in a simulator.</summary>
public interface IDutyPump
{
    /// <summary>The clock behind <see cref="IDuty.DoWork"/>: monotonic milliseconds.</summary>
    long NowMs { get; }

    /// <summary>Starts to pump a duty until the returned handle is disposed.</summary>
    IDutyHandle Start(IDuty duty);
}

/// <summary>A running duty. Disposing stops it after the step under way and waits for that step.</summary>
public interface IDutyHandle : IDisposable
{
    /// <summary>
    /// Makes the pump call the duty soon. The caller has written its work before it calls; the pump looks again after the wake-up,
    /// so no work is missed. Cheap when the duty is already awake; any thread.
    /// </summary>
    void Wake();
}
