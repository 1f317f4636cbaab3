namespace Zurau.Engine.Common;

/// <summary>
/// A part of the broker with duties of its own. <c>BrokerDuties</c> lists all of them.
/// </summary>
internal interface IBackgroundWork
{
    /// <summary>
    /// Registers the duties and computes when they are due. Work that was requested
    /// before is done soon.
    /// </summary>
    void Start(IDutyPump pump);

    /// <summary>
    /// Waits for a step in progress and stops the duties. Does nothing if they were not
    /// started.
    /// </summary>
    void Stop();
}
