namespace Zurau.Engine.Log;

/// <summary>Observes the steps of a segment; <see cref="LogHooks"/> has the other steps.</summary>
internal abstract class SegmentHooks
{
    /// <summary>
    /// Lets other threads run; called repeatedly until the condition that the caller waits for
    /// is true.
    /// </summary>
    internal virtual void Wait(LogPoint point) => Thread.Yield();

    /// <summary>Reports that a file has grown, before the seal is read again.</summary>
    internal abstract void AtExtended();

    /// <summary>
    /// Waits one step of a waiting loop; every such loop of the engine calls this.
    /// </summary>
    internal static void Wait(SegmentHooks? hooks, LogPoint point)
    {
        if (hooks is null)
        {
            Thread.Yield();
        }
        else
        {
            hooks.Wait(point);
        }
    }
}
