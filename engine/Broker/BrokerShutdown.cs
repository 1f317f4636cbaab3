using Zurau.Engine.Common;

namespace Zurau.Engine;

/// <summary>
/// Closes a broker in steps, all of them even if one fails; the first failure is thrown.
/// The clean shutdown marker is written only if everything before it succeeded.
/// </summary>
internal static class BrokerShutdown
{
    internal static void Run(BrokerParts parts, BrokerDuties duties)
    {
        bool isClean = false;
        Attempts.All(
            parts.GroupSteps.Close, // No duty would answer its parked requests any more.
            () =>
            {
                duties.Stop();
                isClean = true; // A duty that could not be stopped may still change something.
            },
            parts.ProducerIds.Close,
            () => isClean &= parts.Topics.Close(),
            () =>
            {
                if (isClean)
                {
                    CleanShutdownMarker.Write(parts.Storage, parts.Logger);
                }
            },
            parts.Topics.Release,
            parts.Storage.Release); // This broker does not access the directory any more.
    }
}
